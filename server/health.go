package server

import "net/http"

// health says that the process answers.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// ready says whether requests make sense now.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	if s.stopping.Load() {
		return &failure{status: http.StatusServiceUnavailable, retry: retryAfter, err: errStopping}
	}
	return writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}
