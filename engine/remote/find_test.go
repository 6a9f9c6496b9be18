package remote

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// at is a server that has these pages, and 404 for others.
func at(t *testing.T, pages map[string]string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, ok := pages[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case page == "401":
			http.Error(w, `{"error":{"message":"no key"}}`, http.StatusUnauthorized)
		default:
			io.WriteString(w, page)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestFind(t *testing.T) {
	const one, two = `{"object":"list","data":[{"id":"m"}]}`, `{"data":[{"id":"b"},{"id":"a"}]}`
	for name, tt := range map[string]struct {
		pages    map[string]string
		suffix   string // of the address
		model    string
		speaks   Interface
		path     string
		parallel int
		found    string
		err      string
	}{
		"Ollama":                  {map[string]string{"/api/version": `{"version":"0.9"}`, "/api/tags": `{"models":[{"name":"m:latest"}]}`}, "", "", OllamaAPI, "", 16, "m:latest", ""},
		"Ollama, asked as OpenAI": {map[string]string{"/api/version": `{"version":"0.9"}`, "/v1/models": one}, "/v1", "", OpenAIAPI, "/v1", 16, "m", ""},
		"llama-server":            {map[string]string{"/v1/models": one, "/props": `{"total_slots":4}`}, "", "", OpenAIAPI, "/v1", 4, "m", ""},
		"with a slash":            {map[string]string{"/v1/models": one}, "/", "", OpenAIAPI, "/v1", 16, "m", ""},
		"behind a path":           {map[string]string{"/gpu/v1/models": one}, "/gpu", "", OpenAIAPI, "/gpu/v1", 16, "m", ""},
		"named":                   {map[string]string{"/v1/models": two}, "/v1", "x", OpenAIAPI, "/v1", 16, "x", ""},
		"several":                 {map[string]string{"/v1/models": two}, "", "", "", "", 0, "", "has 2 models; name one of them: a, b"},
		"none":                    {map[string]string{"/v1/models": `{"data":[]}`}, "", "", "", "", 0, "", "does not say which models"},
		"no key":                  {map[string]string{"/v1/models": "401"}, "", "m", "", "", 0, "", "401 Unauthorized: no key"},
		"something else":          {map[string]string{"/": "hello"}, "", "m", "", "", 0, "", "404"},
		"a page":                  {map[string]string{"/v1/models": "<html>"}, "", "m", "", "", 0, "", "no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			address := at(t, tt.pages)
			c := Config{Addresses: []string{strings.TrimPrefix(address, "http://") + tt.suffix}, Model: tt.model}
			err := c.Find(t.Context())
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || c.Interface != tt.speaks || strings.TrimRight(c.Addresses[0], "/") != address+tt.path || c.Parallel != tt.parallel || c.Model != tt.found {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	nobody := httptest.NewServer(nil)
	nobody.Close()
	c := Config{Addresses: []string{nobody.URL}, Model: "m"}
	if err := c.Find(ctx); err == nil {
		t.Error("nobody is there, and it is found")
	}
	mixed := Config{Model: "m", Addresses: []string{
		at(t, map[string]string{"/v1/models": one}), at(t, map[string]string{"/api/version": `{"version":"1"}`, "/api/tags": `{}`}),
	}}
	if err := mixed.Find(t.Context()); err == nil || !strings.Contains(err.Error(), "of another kind") {
		t.Errorf("two kinds: %v", err)
	}
}
