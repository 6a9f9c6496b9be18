package server

import (
	"io"
	"net/http"
)

// health says that the process answers.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// page is what a browser shows, and Ollama's clients look for.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, "coderm is running; docs/serve.md says what it answers\n")
	return err
}

// ready says whether requests make sense now.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.stopping.Load() {
		return &failure{status: http.StatusServiceUnavailable, retry: retryAfter, err: errStopping}
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}
