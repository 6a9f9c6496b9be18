package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/passfile"
	"coderm/problem"
	"coderm/report"
	"coderm/run"
)

// readBy runs a rerank whose model always answers with the same text, with the
// flags given, and returns its exit code, what it said and the folder.
func readBy(t *testing.T, answer string, p problem.Problem, flags ...string) (code int, stderr, dir string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{"text": answer, "finish_reason": "stop"}},
			"usage":   map[string]any{"completion_tokens": 12},
		})
	}))
	defer srv.Close()
	dir = t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), p)
	writeInput(t, in("s.jsonl"),
		problem.Solution{TaskID: p.ID, Code: "def inc(x):\n    return x + 1\n"},
		problem.Solution{TaskID: p.ID, Code: "def inc(x):\n    return x - 1\n"})
	if err := os.WriteFile(in("t.jinja"), []byte("{{ messages[0].content }}"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr = coderm(t, append([]string{"rerank", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"),
		"--server", "openai=" + srv.URL, "--model", "m", "--chat-template", in("t.jinja"), "--tests-per-problem", "2", "--out", in("run")}, flags...)...)
	return code, stderr, in("run")
}

const incTests = "import unittest\n\nclass TestInc(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(inc(1), 2)\n"

// A problem without an entry point, as CodeRM's own are, keeps what the tests
// import; and what is cut of an answer is to be seen.
func TestAnswerIsRead(t *testing.T) {
	p := problem.Problem{ID: "t/0", Question: "Write inc, which adds one."}
	code, stderr, dir := readBy(t, "Sure:\n```python\n"+incTests+"```\nDone.", p, "-v")
	if code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	s := readScores(t, filepath.Join(dir, run.ScoresFile))[0]
	if d := cmp.Diff([]string{"1", "0"}, s.Matrix); d != "" {
		t.Errorf("matrix (-want +got):\n%s", d)
	}
	prose := func(generation, line int, text string) passfile.Cut {
		return passfile.Cut{Generation: generation, Cut: problem.Cut{First: line, Last: line, Why: "prose"}, Text: text}
	}
	want := []passfile.Cut{prose(0, 1, "Sure:"), prose(0, 9, "Done."), prose(1, 1, "Sure:"), prose(1, 9, "Done.")}
	if d := cmp.Diff(want, s.Cut); d != "" {
		t.Errorf("cut (-want +got):\n%s", d)
	}
	if !strings.Contains(stderr, "completion=1 lines=9-9 why=prose") {
		t.Errorf("-v says %q", stderr)
	}
	page, err := os.ReadFile(filepath.Join(dir, report.FileName))
	if err != nil || !strings.Contains(string(page), `"line 9, prose: Done."`) {
		t.Errorf("the report does not have what was cut (%v)", err)
	}
}

// A run that read no test at all says so.
func TestNothingIsRead(t *testing.T) {
	p := problem.Problem{ID: "t/0", Question: "Write inc.", EntryPoint: "inc"}
	for answer, reason := range map[string]string{
		"I cannot do that.":                  "2 times: no code in the completion",
		"```python\nimport unittest\n```":    "2 times: no test class or function in the completion",
		"<think>\n```python\n" + incTests:    "2 times: no code in the completion",
		"```bash\npython -m unittest\n```\n": "2 times: no code in the completion",
	} {
		code, stderr, _ := readBy(t, answer, p, "-q")
		if code != exitPartial || !strings.HasPrefix(stderr, "coderm: none of the model's 2 completions gave a test") || !strings.Contains(stderr, reason) {
			t.Errorf("%q: exit code %d: %s", answer, code, stderr)
		}
	}
}
