package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/problem"
)

// A prompt file decides what a server is asked, with which sampling, and how its answers
// are read; flags come before it. Another file is another run.
func TestPromptFile(t *testing.T) {
	var asked struct {
		Messages    []struct{ Role, Content string }
		Temperature float64
		TopP        float64 `json:"top_p"`
		MaxTokens   int     `json:"max_tokens"`
		Stop        []string
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || r.URL.Path != "/chat/completions" {
			t.Errorf("%s, %v", r.URL.Path, err)
		}
		fmt.Fprint(w, `{"choices":[{"message":{"content":"`+"```\\nadd(3, 4)\\nadd(x)\\nadd(5, 6)\\n```"+`"},"finish_reason":"stop"}],"usage":{"completion_tokens":9}}`)
	}))
	defer s.Close()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", Question: "Add.", EntryPoint: "add", Public: problem.PythonTests([]string{"assert add(0, 0) == 0"})})
	writeInput(t, in("s.jsonl"), problem.Solution{TaskID: "a", Code: "def add(a, b): return a + b\n"}, problem.Solution{TaskID: "a", Code: "def add(a, b): return b + a\n"},
		problem.Solution{TaskID: "a", Code: "def add(a, b): return 2 * b\n"})
	prompt := "---\nextract: call\ntemperature: 0.5\ntop_p: 0.9\nmax_tokens: 77\nstop: [END]\n---\n{{define \"system\"}}Inputs.{{end -}}\n{{.Question}}{{range .Examples}} {{.}}{{end}}"
	for name, text := range map[string]string{"one.prompt": prompt, "two.prompt": prompt + "\n"} {
		if err := os.WriteFile(in(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	args := func(file string, more ...string) []string {
		return append([]string{"rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", "openai=" + s.URL,
			"--model", "m", "--prompt", in(file), "--tests-per-problem", "2", "--out", in("run")}, more...)
	}
	mustRun(t, args("one.prompt", "--top-p", "0.8")...)
	if len(asked.Messages) != 2 || asked.Messages[0].Content != "Inputs." || asked.Messages[1].Content != "Add. assert add(0, 0) == 0" ||
		asked.Temperature != 0.5 || asked.TopP < 0.79 || asked.TopP > 0.81 || asked.MaxTokens != 77 || len(asked.Stop) != 1 {
		t.Errorf("asked %+v", asked)
	}
	tests, err := os.ReadFile(in("run/tests.jsonl"))
	if err != nil || strings.Count(string(tests), `"call":"add(3, 4)"`) != 2 || strings.Count(string(tests), `"call":"add(5, 6)"`) != 2 || strings.Contains(string(tests), "add(x)") {
		t.Errorf("%s, %v", tests, err)
	}
	mustRun(t, args("one.prompt", "--top-p", "0.8")...)
	if code, _, stderr := coderm(t, args("two.prompt", "--top-p", "0.8")...); code != exitUsage || !strings.Contains(stderr, "(prompt file: was ") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}
