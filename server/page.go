package server

import (
	"embed"
	"net/http"
)

//go:embed page
var pageFiles embed.FS

// page is what a browser shows, and Ollama's clients look for. It holds nothing that
// a token is needed for.
func (s *Server) page(w http.ResponseWriter, r *http.Request) error {
	return pageFile(w, r, "index.html")
}

func (s *Server) pageScript(w http.ResponseWriter, r *http.Request) error {
	return pageFile(w, r, "app.js")
}

func (s *Server) pageStyle(w http.ResponseWriter, r *http.Request) error {
	return pageFile(w, r, "style.css")
}

func pageFile(w http.ResponseWriter, r *http.Request, name string) error {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache") // another version may be served tomorrow
	http.ServeFileFS(w, r, pageFiles, "page/"+name)
	return nil
}
