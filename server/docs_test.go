package server

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

// command is a request of docs/serve.md.
type command struct{ path, body string }

var curl = regexp.MustCompile(`(?m)^    curl -sN? localhost:8421(/\S+) -d '(.*)'$`)

// documented are the requests that docs/serve.md has for copying.
func documented(t *testing.T) (all []command) {
	t.Helper()
	text, err := os.ReadFile("../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range curl.FindAllStringSubmatch(string(text), -1) {
		all = append(all, command{m[1], m[2]})
	}
	return all
}

// TestDocumentedCommands: each is answered.
func TestDocumentedCommands(t *testing.T) {
	s, at := withModel(t)
	commands := documented(t)
	if len(commands) < 8 {
		t.Fatalf("%d commands in docs/serve.md", len(commands))
	}
	for _, c := range commands {
		body := strings.ReplaceAll(c.body, `"default"`, `"`+s.models.ready().name+`"`)
		a, err := http.Post(at+c.path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode/100 != 2 {
			t.Errorf("%s: status %d", c.path, a.StatusCode)
		}
	}
}
