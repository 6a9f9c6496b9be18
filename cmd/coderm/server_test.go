package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"coderm/problem"
	"coderm/run"
)

// TestRerankByServer draws the tests from an OpenAI-compatible server.
func TestRerankByServer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct{ Model, Prompt string }
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil || req.Model != "writer" || !strings.HasSuffix(req.Prompt, "assert add(") {
			http.Error(w, `{"error":{"message":"unexpected request"}}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{"text": "1, 2) == 3\nassert add(0, 5) == 5\n", "finish_reason": "stop"}},
			"usage":   map[string]any{"completion_tokens": 12},
		})
	}))
	defer srv.Close()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", Question: "def add(a, b):\n", Prompt: "def add(a, b):\n", EntryPoint: "add"})
	writeInput(t, in("s.jsonl"),
		problem.Solution{TaskID: "a", Code: "def add(a, b): return a - b\n"},
		problem.Solution{TaskID: "a", Code: "def add(a, b): return a + b\n"})
	args := []string{"rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", "openai=" + srv.URL, "--model", "writer",
		"--tests-per-problem", "3", "--out", in("run")}
	code, _, stderr := coderm(t, args...)
	if code != exitUsage || !strings.Contains(stderr, "--chat-template") {
		t.Fatalf("without a template: exit code %d, %q", code, stderr)
	}
	mustRun(t, append(args, "--style", "assert")...)
	s := readScores(t, in("run/"+run.ScoresFile))[0]
	if *s.Chosen != 1 || len(s.Tests) != 2 || len(s.Generations) != 3 {
		t.Errorf("chose %d by %d tests in %d generations; want 1, 2, 3", *s.Chosen, len(s.Tests), len(s.Generations))
	}
}

// TestServerRefusesOne: a prompt that the server refuses costs that problem its
// tests and the run nothing else; a server that refuses everything ends it.
func TestServerRefusesOne(t *testing.T) {
	gone := atomic.Bool{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct{ Prompt string }
		json.NewDecoder(r.Body).Decode(&req)
		switch {
		case gone.Load():
			http.Error(w, `{"error":{"message":"model 'writer' not found"}}`, http.StatusNotFound)
		case strings.Contains(req.Prompt, "long"):
			http.Error(w, `{"error":{"message":"the prompt is longer than the context"}}`, http.StatusBadRequest)
		default:
			io.WriteString(w, `{"choices":[{"text":"1, 2) == 3\nassert add(0, 5) == 5\n"}]}`)
		}
	}))
	defer srv.Close()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	def := "def add(a, b):\n"
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "short", Question: def, Prompt: def, EntryPoint: "add"},
		problem.Problem{ID: "long", Question: def, Prompt: "# long\n" + def, EntryPoint: "add"})
	writeInput(t, in("s.jsonl"), problem.Solution{TaskID: "short", Code: "def add(a, b): return a + b\n"},
		problem.Solution{TaskID: "long", Code: "def add(a, b): return a + b\n"})
	for _, command := range []string{"rerank", "testgen"} {
		args := []string{command, "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", "openai=" + srv.URL, "--model", "writer",
			"--style", "assert", "--tests-per-problem", "3", "--out", in(command)}
		for range 2 { // what was refused is asked again, and ends alike
			code, stdout, stderr := coderm(t, args...)
			const why = "the prompt is longer than the context"
			if code != exitPartial || !strings.Contains(stdout, why) || !strings.Contains(stderr, "1 of 2 problems lacks tests; long: openai/writer: 400 Bad Request: "+why) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("%s: exit code %d\n%s%s", command, code, stdout, stderr)
			}
		}
		if command == "rerank" {
			s := readScores(t, in(command+"/"+run.ScoresFile))
			if len(s[0].Generations) != 3 || s[0].Missing != "" || len(s[1].Generations) != 0 || s[1].Missing == "" || s[1].Chosen == nil {
				t.Errorf("scores: %+v", s)
			}
		}
	}
	gone.Store(true)
	code, _, stderr := coderm(t, "testgen", "-q", "--problems", in("p.jsonl"), "--server", "openai="+srv.URL, "--model", "writer", "--style", "assert", "--out", in("gone"))
	if code != exitFailed || !strings.Contains(stderr, "404 Not Found: model 'writer' not found") {
		t.Errorf("no such model: exit code %d, %s", code, stderr)
	}
}
