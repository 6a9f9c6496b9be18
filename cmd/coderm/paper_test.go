package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"coderm/internal/fsx"
	"coderm/problem"
	"coderm/rerank"
	"coderm/run"
)

// rerank --paper asks for what the paper's experiments did, reads the answers as its
// reference implementation does, and counts equal tests once: the first completion's,
// whichever came first.
func TestPaper(t *testing.T) {
	const answer = "Sure.\n\n```python\nimport unittest\nfrom your_module import add\n\nclass TestAdd(unittest.TestCase):\n    def test(self):\n        self.assertEqual(add(%d, 2), %d)\n\nif __name__ == '__main__':\n    unittest.main()\n```\n"
	kinds := []string{fmt.Sprintf(answer, 1, 3), fmt.Sprintf(answer, 2, 4), fmt.Sprintf(answer, 2, 5), "I cannot."}
	type request struct {
		Prompt      string
		Temperature float64
		TopP        float64 `json:"top_p"`
		MaxTokens   int     `json:"max_tokens"`
		Seed        uint64
	}
	var mu sync.Mutex
	asked := map[uint64]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q request
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		asked[q.Seed] = true
		if q.Temperature < 0.7999 || q.Temperature > 0.8001 || q.TopP < 0.9499 || q.TopP > 0.9501 || q.MaxTokens != 2048 {
			t.Errorf("asked with %+v", q)
		}
		if !strings.Contains(q.Prompt, "### question\nWrite a function named `add`. Adds.\n\n### code solution\ndef add(a, b):\n    return a + b\n\nPlease add") {
			t.Errorf("the prompt is\n%s", q.Prompt)
		}
		time.Sleep(time.Duration(q.Seed%3) * time.Millisecond) // they come in another order than they are asked for
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"choices": []any{map[string]any{"text": kinds[q.Seed%4], "finish_reason": "stop"}}})
	}))
	defer server.Close()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", EntryPoint: "add", Question: "def add(a, b):\n    \"\"\"Adds.\"\"\"\n", Public: problem.PythonTests([]string{"assert add(1, 1) == 3"})})
	writeInput(t, in("s.jsonl"),
		problem.Solution{TaskID: "a", Code: "def add(a, b):\n    return a + b\n\nprint(add(1, 1))\n"},
		problem.Solution{TaskID: "a", Code: "def add(a, b): return 3\n"})
	if err := fsx.WriteBuffered(in("t.jinja"), func(w io.Writer) error {
		_, err := io.WriteString(w, "{% for m in messages %}{{ m.content }}{% endfor %}")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	mustRun(t, "rerank", "-q", "--paper", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", "openai="+server.URL,
		"--model", "coderm", "--chat-template", in("t.jinja"), "--out", in("run"))

	if len(asked) != 100 {
		t.Errorf("%d completions were asked for, want 100", len(asked))
	}
	recorded, err := run.Read(t.Context(), in("run"))
	if err != nil {
		t.Fatal(err)
	}
	defer recorded.Close()
	if id := recorded.Identity; id.Extraction != "reference" || id.PromptForm != "published" || id.Observe != 0 || id.PromptSolution != "first" {
		t.Errorf("the run is bound to %+v", id)
	}
	first := map[string]int{} // by completion
	for res, err := range recorded.Results(t.Context(), rerank.Selector{Rule: rerank.Reference}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range res.Samples {
			if _, again := first[s.Completion]; !again {
				first[s.Completion] = s.Generation
			}
			if wanted := first[s.Completion] == s.Generation && s.Completion != kinds[3]; (len(s.Tests) == 1) != wanted {
				t.Errorf("completion %d has %d tests, want one: %v (%s)", s.Generation, len(s.Tests), wanted, s.Dropped)
			}
		}
		if c := res.Choice; c == nil || c.Solution != 0 || c.Selector != "reference" {
			t.Errorf("chose %+v, want the first solution, which passes more of the tests and none of the examples", c)
		}
	}
	if len(first) != len(kinds) {
		t.Fatalf("%d kinds of completions were drawn", len(first))
	}
}
