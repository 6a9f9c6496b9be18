package server

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/run"
)

// The question and candidates of the tests here: two right ones, two wrong.
var (
	question   = "Write a function add(a, b) that returns the sum of two numbers."
	candidates = []string{
		"def add(a, b):\n    return a - b\n", "def add(a, b):\n    return a + b\n", "def add(a, b):\n    return a * b\n", "def add(a, b):\n    return b + a\n",
	}
	givenTests = []any{"assert add(1, 2) == 3", "assert add(0, 5) == 5", map[string]string{"test": "assert add(2, 2) == 4"}, "assert add(-1, 1) == 0"}
)

type ranking struct {
	Results []struct {
		Index    int
		Score    float64 `json:"relevance_score"`
		Document *struct{ Text string }
	}
}

// TestRerank: the forms of Jina and Cohere, with given tests.
func TestRerank(t *testing.T) {
	_, at := start(t, Config{Model: NoModel})
	for _, path := range []string{"/v1/rerank", "/v2/rerank", "/rerank"} {
		for _, selector := range []string{"", "majority", "auto"} {
			var a ranking
			code, text := post(t, at+path, map[string]any{"query": question, "documents": candidates, "tests": givenTests, "selector": selector, "return_documents": true}, &a)
			if code != 200 || len(a.Results) != 4 {
				t.Fatalf("%s %s: %d %s", path, selector, code, text)
			}
			var places []int
			last := 1.0
			for _, r := range a.Results {
				places = append(places, r.Index)
				if r.Score < 0 || r.Score > last || r.Document.Text != candidates[r.Index] {
					t.Errorf("%s %s: %s", path, selector, text)
				}
				last = r.Score
			}
			if first := places[:2]; !slices.Contains(first, 1) || !slices.Contains(first, 3) {
				t.Errorf("%s %s: the order is %v", path, selector, places)
			}
			if a.Results[1].Score <= a.Results[2].Score {
				t.Errorf("%s %s: wrong as good as right: %s", path, selector, text)
			}
		}
	}
	var one ranking
	post(t, at+"/rerank", map[string]any{"query": question, "documents": []any{map[string]string{"text": candidates[0]}}, "tests": givenTests, "top_n": 1}, &one)
	if len(one.Results) != 1 {
		t.Errorf("%+v", one)
	}
}

// TestRerankErrors are in the form of the API asked.
func TestRerankErrors(t *testing.T) {
	_, at := start(t, Config{Model: NoModel})
	for path, field := range map[string]string{"/v1/rerank": "detail", "/v2/rerank": "message", "/rerank": "detail"} {
		for want, body := range map[int][]map[string]any{
			400: {
				{"documents": candidates}, {"query": "x"}, {"query": "x", "documents": []int{1}}, {"query": "x", "documents": candidates, "tests": givenTests, "selector": "fortune"},
				{"query": "x", "documents": candidates, "tests": givenTests, "top_n": 0}, {"query": "x", "documents": candidates, "tests": []any{map[string]string{"call": "f(1)"}}},
			},
			404: {{"query": "x", "documents": candidates}}, // no model
		} {
			for _, b := range body {
				var said map[string]string
				if code, text := post(t, at+path, b, &said); code != want || said[field] == "" || strings.Contains(text, os.TempDir()) {
					t.Errorf("%s %v: %d %s", path, b, code, text)
				}
			}
		}
	}
}

// TestRerankWrites: without tests the model writes them, for many clients at once.
func TestRerankWrites(t *testing.T) {
	_, at := withModel(t)
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			var a ranking
			code, text := post(t, at+"/v1/rerank", map[string]any{"query": question, "documents": candidates[:2+i%2], "tests_per_problem": 2, "seed": i}, &a)
			if code != 200 || len(a.Results) != 2+i%2 {
				t.Errorf("%d %s", code, text)
			}
		})
	}
	wg.Wait()
}

func fenced(code string) string { return "Here you are:\n```python\n" + code + "```\nBye." }

// TestRewards: the share of a label's tests that a sample passes.
func TestRewards(t *testing.T) {
	_, at := start(t, Config{Model: NoModel, Folder: t.TempDir()})
	label, _ := json.Marshal(givenTests)
	var a struct {
		Rewards, Scores []float64
		Logs            map[string]any `json:"extra_logs"`
	}
	prompt := "user: " + question
	ask := map[string]any{"query": []string{}, "prompts": []string{}, "labels": []any{}}
	for i, c := range candidates {
		ask["query"] = append(ask["query"].([]string), prompt+fenced(c))
		ask["prompts"] = append(ask["prompts"].([]string), prompt)
		ask["labels"] = append(ask["labels"].([]any), []any{string(label), givenTests}[i%2]) // as text, and as it is
	}
	code, text := post(t, at+"/v1/rewards/openrlhf", ask, &a)
	if want := []float64{0, 1, 0.25, 1}; code != 200 || !slices.Equal(a.Rewards, want) || !slices.Equal(a.Scores, want) || a.Logs["tests"] == nil {
		t.Errorf("%d %s, want %v", code, text, want)
	}
	var one float64
	for i, want := range []float64{0, 1, 0.25, 1} {
		code, text := post(t, at+"/v1/rewards/slime", map[string]any{"prompt": prompt, "response": candidates[i], "label": string(label)}, &one)
		if code != 200 || one != want {
			t.Errorf("%d %s, want %g", code, text, want)
		}
	}
	for _, bad := range []map[string]any{
		{"query": []string{"a"}, "prompts": []string{}}, {"query": []string{}}, {"query": []string{"a"}, "prompts": []string{"a"}, "labels": []any{"7"}},
		{"query": []string{"a"}, "prompts": []string{""}},
	} {
		if code, text := post(t, at+"/v1/rewards/openrlhf", bad, nil); code != 400 && bad["labels"] == nil {
			t.Errorf("%v: %d %s", bad, code, text)
		}
	}
}

// TestRewardsWithoutFunction: where no sample of a prompt defines a function, nor the
// prompt, no tests can be written by a model that completes asserts: the samples get 0,
// and the batch they came in is answered. A prompt with one is enough.
func TestRewardsWithoutFunction(t *testing.T) {
	s, at := withModel(t)
	var a struct{ Rewards []float64 }
	code, text := post(t, at+"/v1/rewards/openrlhf", map[string]any{
		"query": []string{"Add.I do not know.", "Sub.def sub(a, b): return a - b"}, "prompts": []string{"Add.", "Sub."}, "labels": []any{" ", []string{"assert sub(2, 1) == 1"}},
	}, &a)
	if code != 200 || !slices.Equal(a.Rewards, []float64{0, 1}) {
		t.Errorf("%d %s", code, text)
	}
	if kept, _ := filepath.Glob(filepath.Join(s.config.Folder, "tests", "*", "*")); len(kept) > 0 {
		t.Errorf("kept: %q", kept)
	}
	for label, want := range map[any]bool{nil: true, "": true, " ": true, "null": true, "[]": false, "assert True": false} {
		text, _ := json.Marshal(label)
		if tests, err := testsIn(text); err != nil || (tests == nil) != want {
			t.Errorf("label %q: %v %v", label, tests, err)
		}
	}
	var spec run.Spec
	files := inputsOf(&spec, "def add(a, b):\n", "", []string{"I do not know."})
	if p := files[0].lines[0].(problem.Problem); p.EntryPoint != "add" {
		t.Errorf("%+v", p)
	}
}

// TestRewardsWriteOnce: the model writes a prompt's tests once, whoever asks and
// however often, also after a restart.
func TestRewardsWriteOnce(t *testing.T) {
	folder := t.TempDir()
	count := func() (n int) {
		found, err := filepath.Glob(filepath.Join(folder, "tests", "*", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	ask := map[string]any{"prompt": question, "response": candidates[1], "tests_per_problem": 2}
	t.Run("first", func(t *testing.T) {
		s, at := withModelIn(t, folder)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if code, text := post(t, at+"/v1/rewards/slime", ask, new(float64)); code != 200 {
					t.Errorf("%d %s", code, text)
				}
			})
		}
		wg.Wait()
		if len(s.prompts.held) > 0 || count() != 1 {
			t.Errorf("%d locks, %d files", len(s.prompts.held), count())
		}
	})
	t.Run("again", func(t *testing.T) {
		s, at := withModelIn(t, folder)
		if code, text := post(t, at+"/v1/rewards/slime", ask, new(float64)); code != 200 || count() != 1 {
			t.Errorf("%d %s, %d files", code, text, count())
		}
		_ = s
	})
}

// TestRerankPython: cohere's client, requests, and the example for verl.
func TestRerankPython(t *testing.T) {
	clients := filepath.Dir(testkit.Fetched(t, "clients/ready-1", "scripts/fetch-clients.sh"))
	_, at := start(t, Config{Model: NoModel})
	c := exec.CommandContext(t.Context(), filepath.Join(clients, "bin/python"), "testdata/rerank_client.py", at, "../examples/rewards")
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "CODERM_URL="+at)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestDefinedByMost(t *testing.T) {
	for want, codes := range map[string][]string{
		"":     {"x = 1", ""},
		"add":  candidates,
		"main": {"def helper(x):\n    pass\ndef main(x):\n    def inner(): pass\n", "async def main(x): pass", "def helper_2(x): pass"},
		"b":    {"def a(): pass\ndef b(): pass", "def b(): pass\ndef a(): pass"},
	} {
		if got := definedByMost(codes); got != want {
			t.Errorf("%q of %q, want %q", got, codes, want)
		}
	}
}

func TestCodeIn(t *testing.T) {
	for response, want := range map[string]string{
		"x = 1":                             "x = 1",
		"So:\n```python\nx = 1\n```\nDone.": "x = 1",
		"```\na\n```\nor\n```py\nb\nc\n```": "b\nc",
		"```python\ncut off":                "cut off",
		"":                                  "",
	} {
		if got := codeIn(response); got != want {
			t.Errorf("%q of %q, want %q", got, response, want)
		}
	}
}
