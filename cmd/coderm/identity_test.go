package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"coderm/internal/fsx"
	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/sandbox"
)

// A server counts by its kind and model: a run goes on when it is served
// elsewhere, and not with another model or another chat template.
func TestServerIdentity(t *testing.T) {
	var asked atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{
			"choices": []any{map[string]any{"text": "```python\nimport unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(add(1, 2), 3)\n```", "finish_reason": "stop"}},
		})
	})
	one, two := httptest.NewServer(handler), httptest.NewServer(handler)
	defer one.Close()
	defer two.Close()
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", Question: "q", EntryPoint: "add"})
	writeInput(t, in("s.jsonl"), problem.Solution{TaskID: "a", Code: "def add(a, b): return a + b\n"})
	for name, system := range map[string]string{"short.jinja": "", "long.jinja": "Be careful. "} {
		if err := fsx.WriteBuffered(in(name), func(w io.Writer) error {
			_, err := fmt.Fprintf(w, "%s{%% for m in messages %%}{{ m.content }}{%% endfor %%}", system)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	args := func(at *httptest.Server, model, template string) []string {
		return []string{"rerank", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--server", "openai=" + at.URL,
			"--model", model, "--style", "unittest", "--chat-template", in(template), "--tests-per-problem", "2", "--out", in("run")}
	}
	mustRun(t, args(one, "m", "short.jinja")...)
	before := asked.Load()
	mustRun(t, args(two, "m", "short.jinja")...)
	if n := asked.Load(); before == 0 || n != before {
		t.Errorf("the server was asked %d times, and then %d times more for a finished run", before, n-before)
	}
	for want, other := range map[string][]string{
		"(model: was openai/m, now openai/n)": args(one, "n", "short.jinja"),
		"(prompt form: was published, now ":   append(args(one, "m", "short.jinja"), "--prompt-form", "raw"),
		"(chat template: was ":                args(one, "m", "long.jinja"),
	} {
		if code, _, stderr := coderm(t, other...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("exit code %d, %q; want %d and …%s…", code, stderr, exitUsage, want)
		}
	}

	j, err := journal.OpenFinished(t.Context(), in("run"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	print, err := j.Meta(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"guest": sandbox.GuestDigest(), "extractor": fmt.Sprint(model.ExtractorVersion), "prompt": fmt.Sprint(model.PromptVersion)} {
		if print[name] != want {
			t.Errorf("%s is %q, want %q", name, print[name], want)
		}
	}
}
