package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	"coderm/internal/contest"
	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/sandbox"
)

// TestContestNatively gives contest programs inputs, and holds the verdicts against
// what native CPython prints; every fifth pair wants something else.
// 'go run ./benchmarks/sandbox stdio' does it on as many pairs as one likes.
func TestContestNatively(t *testing.T) {
	if testing.Short() {
		testkit.Skip(t, testkit.Short)
	}
	programs, err := contest.Programs()
	if err != nil {
		t.Fatal(err)
	}
	jobs := contest.Small(programs, 3*len(programs))
	runs, err := contest.Native(t.Context(), testkit.Python(t), jobs)
	if err != nil {
		t.Fatal(err)
	}
	pairs := make([]sandbox.Pair, len(jobs))
	wanted := make([]sandbox.Kind, len(jobs))
	for i, r := range runs {
		expected := r.Stdout
		if i%5 == 4 {
			expected = strings.TrimRight(expected, " \n") + "0"
			wanted[i] = sandbox.Fail
		} else {
			wanted[i] = sandbox.Pass
		}
		if r.Status != 0 {
			wanted[i] = sandbox.Error
		}
		pairs[i] = sandbox.Pair{Solution: jobs[i].Text, Test: problem.StdioTest(r.Stdin, expected)}
	}
	s := open(t, sandbox.Options{})
	err = s.Pairs(t.Context(), slices.Values(pairs), sandbox.Limits{}, func(i int, v sandbox.Verdict) error {
		if v.Kind != wanted[i] {
			t.Errorf("%s, size %d, seed %d: %v (%s), want %v", jobs[i].Name, jobs[i].Size, jobs[i].Seed, v.Kind, v.Detail, wanted[i])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
