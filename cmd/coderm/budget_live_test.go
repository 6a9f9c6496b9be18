package main

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coderm/budget"
	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/run"
	"coderm/weights/store"
)

// A run records the hidden states of its prompts; what a fit learns from them,
// the policy difficulty uses in the next run, from the prefill of its first
// tests. A division from elsewhere is spent as it is.
func TestDifficultyLive(t *testing.T) {
	_, err := store.Resolve("")
	testkit.Need(t, err, "the default model")
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
	// The shortest prompts: a fit wants many problems, and prefill is most of the
	// work here.
	order := make([]int, len(problems))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(problems[a].Prompt), len(problems[b].Prompt)) })
	write := func(name string, n int) (ids []string) {
		var ps []problem.Problem
		var ss []problem.Solution
		for _, i := range order[:n] {
			ids = append(ids, problems[i].ID)
			ps, ss = append(ps, problems[i]), append(ss, solutions[i][:3]...)
		}
		writeInput(t, in(name+"-p.jsonl"), ps...)
		writeInput(t, in(name+"-s.jsonl"), ss...)
		return ids
	}
	args := func(name, out string, more ...string) []string {
		return append([]string{"rerank", "-q", "--json", "--problems", in(name + "-p.jsonl"), "--solutions", in(name + "-s.jsonl"),
			"--max-tokens", "12", "--fuel", "1000000000", "--truth", "--out", in(out)}, more...)
	}
	// drawn is how many completions each problem got.
	drawn := func(name, out string, more ...string) (by []int, total int) {
		t.Helper()
		var result struct {
			Problems []run.Outcome `json:"problems"`
		}
		if err := json.Unmarshal([]byte(mustRun(t, args(name, out, more...)...)), &result); err != nil {
			t.Fatal(err)
		}
		for _, r := range result.Problems {
			by = append(by, r.Completions)
			total += r.Completions
		}
		return by, total
	}
	write("all", 22)
	drawn("all", "first", "--tests-per-problem", "2")
	mustRun(t, "budget", "fit", "--run", in("first"), "--no-text", "--draws", "2", "--folds", "2", "--out", in("c.json"))

	ids := write("some", 6)
	by, total := drawn("some", "second", "--policy", "difficulty", "--classifier", in("c.json"), "--budget-mean", "3")
	if total > 3*len(ids) { // less where no problem is expected to gain
		t.Errorf("%d completions of %d: %v", total, 3*len(ids), by)
	}
	for i, n := range by {
		if n < 1 {
			t.Errorf("%s got no test", ids[i])
		}
	}

	shares := make([]budget.Share, len(ids))
	for i, id := range ids {
		shares[i] = budget.Share{TaskID: id, Tests: i % 3}
	}
	writeInput(t, in("shares.jsonl"), shares...)
	by, _ = drawn("some", "given", "--budget", in("shares.jsonl"))
	for i, n := range by {
		if n != i%3 {
			t.Errorf("%s got %d tests, its share is %d", ids[i], n, i%3)
		}
	}

	// Another style's prompt has other hidden states.
	code, _, stderr := coderm(t, args("some", "third", "--style", "unittest", "--policy", "difficulty", "--classifier", in("c.json"))...)
	if code != exitUsage || !strings.Contains(stderr, "hidden states of the assert prompt, not unittest") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}
