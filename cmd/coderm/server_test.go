package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"coderm/problem"
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
	s := readScores(t, in("run/"+scoresFile))[0]
	if *s.Chosen != 1 || len(s.Tests) != 2 || len(s.Generations) != 3 {
		t.Errorf("chose %d by %d tests in %d generations; want 1, 2, 3", *s.Chosen, len(s.Tests), len(s.Generations))
	}
}
