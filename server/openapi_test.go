package server

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// TestOpenAPI: the description is a valid one, each of its operations is answered, and
// nothing else is: what a handler does not know, it does not describe.
func TestOpenAPI(t *testing.T) {
	s, at := start(t, Config{Model: NoModel})
	_, text := get(t, at+"/openapi.json")
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	var described, answered []string
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			described = append(described, method+" "+path)
			if op.Summary == "" {
				t.Errorf("%s %s has no summary", method, path)
			}
			body := "{"
			if op.RequestBody == nil {
				body = ""
			}
			r, err := http.NewRequest(method, at+strings.NewReplacer("{id}", "none", "{model}", "none").Replace(path), strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			a, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(a.Body)
			a.Body.Close()
			if strings.Contains(string(said), "/openapi.json lists") || a.StatusCode == http.StatusMethodNotAllowed {
				t.Errorf("%s %s is not answered: %s", method, path, said)
			}
			if op.RequestBody != nil && a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s %s takes half an object: %d %s", method, path, a.StatusCode, said)
			}
		}
	}
	for _, r := range s.table() {
		answered = append(answered, strings.TrimSuffix(r.pattern, "{$}"))
	}
	slices.Sort(described)
	slices.Sort(answered)
	if !slices.Equal(described, answered) {
		t.Errorf("described are %q, answered %q", described, answered)
	}
}

// TestOpenAPIRequests: the requests of the documentation are as described.
func TestOpenAPIRequests(t *testing.T) {
	s, _ := start(t, Config{Model: NoModel})
	text, err := json.Marshal(describe(s.table()))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range documented(t) {
		r, err := http.NewRequest("POST", "http://localhost"+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		found, vars, err := router.FindRoute(r)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		err = openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{Request: r, PathParams: vars, Route: found,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}})
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
		n++
	}
	if n < 8 {
		t.Errorf("%d requests in the documentation", n)
	}
}
