package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"coderm/problem"
	"coderm/weights/store"
)

// A run records the hidden states of its prompts; what a fit learns from them,
// the policy difficulty uses in the next run, from the prefill of its first
// tests. A division from elsewhere is spent as it is.
func TestDifficultyLive(t *testing.T) {
	if _, err := store.Resolve(""); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	importCodeT(t, in("all"))
	problems, err := problem.ReadProblems(in("all/problems.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	solutions, err := problem.ReadSolutions(in("all/solutions.jsonl"), problems)
	if err != nil {
		t.Fatal(err)
	}
	problems = problems[:24]
	var few []problem.Solution
	for i := range problems {
		few = append(few, solutions[i][:3]...)
	}
	writeInput(t, in("p.jsonl"), problems...)
	writeInput(t, in("s.jsonl"), few...)
	args := func(out string, more ...string) []string {
		return append([]string{"rerank", "-q", "--json", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--max-tokens", "24",
			"--fuel", "1000000000", "--truth", "--out", in(out)}, more...)
	}
	// drawn is how many completions each problem got.
	drawn := func(out string, more ...string) (by []int, total int) {
		t.Helper()
		var result struct {
			Problems []row `json:"problems"`
		}
		if err := json.Unmarshal([]byte(mustRun(t, args(out, more...)...)), &result); err != nil {
			t.Fatal(err)
		}
		for _, r := range result.Problems {
			by = append(by, r.Completions)
			total += r.Completions
		}
		return by, total
	}
	drawn("first", "--tests-per-problem", "2")
	mustRun(t, "budget", "fit", "--run", in("first"), "--no-text", "--draws", "2", "--folds", "2", "--out", in("c.json"))

	by, total := drawn("second", "--policy", "difficulty", "--classifier", in("c.json"), "--budget-mean", "3")
	if total > 3*len(problems) { // less where no problem is expected to gain
		t.Errorf("%d completions of %d: %v", total, 3*len(problems), by)
	}
	for i, n := range by {
		if n < 1 {
			t.Errorf("%s got no test", problems[i].ID)
		}
	}

	shares := make([]share, len(problems))
	for i, p := range problems {
		shares[i] = share{TaskID: p.ID, Tests: i % 3}
	}
	writeInput(t, in("shares.jsonl"), shares...)
	by, _ = drawn("given", "--budget", in("shares.jsonl"))
	for i, n := range by {
		if n != i%3 {
			t.Errorf("%s got %d tests, its share is %d", problems[i].ID, n, i%3)
		}
	}

	// Another style's prompt has other hidden states.
	code, _, stderr := coderm(t, args("third", "--style", "unittest", "--policy", "difficulty", "--classifier", in("c.json"))...)
	if code != exitUsage || !strings.Contains(stderr, "hidden states of the assert prompt, not unittest") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}
