package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
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
	mustRun(t, append(args, "--style", "assert")...)
	s := readScores(t, in("run/"+run.ScoresFile))[0]
	if *s.Chosen != 1 || len(s.Tests) != 2 || len(s.Generations) != 3 {
		t.Errorf("chose %d by %d tests in %d generations; want 1, 2, 3", *s.Chosen, len(s.Tests), len(s.Generations))
	}
}

// A server is found by host and port, with its one model, and has the prompts as
// conversations; a run goes on with another server of it.
func TestRerankByChat(t *testing.T) {
	var asked atomic.Int64
	chat := func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Model     string
			MaxTokens int `json:"max_tokens"`
			Messages  []struct{ Role, Content string }
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || q.Model != "writer" || q.MaxTokens != 2048+512 || r.Header.Get("Authorization") != "Bearer secret" ||
			len(q.Messages) != 1 || !strings.Contains(q.Messages[0].Content, "### code solution\ndef add") {
			t.Errorf("asked %+v, %v", q, err)
		}
		const answer = "Here:\n```python\nimport unittest\nclass TestAdd(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(add(1, 2), 3)\n```\n"
		message := map[string]any{"role": "assistant", "content": answer, "reasoning_content": "hm"}
		if asked.Add(1) == 1 {
			message["content"] = nil // it was still thinking
		}
		json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"message": message, "finish_reason": "stop"}}})
	}
	serve := func() string {
		mux := http.NewServeMux()
		mux.HandleFunc("GET /v1/models", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"data":[{"id":"writer"}]}`) })
		mux.HandleFunc("POST /v1/chat/completions", chat)
		srv := httptest.NewServer(mux)
		t.Cleanup(srv.Close)
		return strings.TrimPrefix(srv.URL, "http://")
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", Question: "Adds.", EntryPoint: "add"})
	writeInput(t, in("s.jsonl"),
		problem.Solution{TaskID: "a", Code: "def add(a, b): return a - b\n"},
		problem.Solution{TaskID: "a", Code: "def add(a, b): return a + b\n"})
	if err := os.WriteFile(in("key"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := func(server string) []string {
		return []string{"rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", server, "--server-key", in("key"),
			"--thinking-tokens", "512", "--style", "unittest", "--tests-per-problem", "4", "--observe", "0", "--out", in("run")}
	}
	mustRun(t, args(serve()+","+serve())...)
	s := readScores(t, in("run/"+run.ScoresFile))[0]
	if *s.Chosen != 1 || len(s.Tests) != 1 || len(s.Generations) != 3 {
		t.Errorf("chose %d by %d tests in %d generations; want 1, 1, 3: one was all thinking", *s.Chosen, len(s.Tests), len(s.Generations))
	}
	was := asked.Load()
	if mustRun(t, args(serve())...); asked.Load() != was {
		t.Error("what another server of the model wrote is asked for again")
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
