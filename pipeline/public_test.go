package pipeline

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/budget"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// The problems' own tests are run once, whether or not there are others, and
// narrow the choice; a run that goes on does not run them again.
func TestPublicTests(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for _, again := range []bool{false, true} {
		exec := &arithmetic{fail: never}
		ps, ss := inputs()
		for i := range ps {
			ps[i].Public = problem.PythonTests([]string{"24", "5"}) // of 12, 24, 36 and 48, two pass the first
		}
		c := configOf(t, dir, nil, exec, ps, ss)
		c.Planner = budget.Fixed(nil)
		c.Selector = rerank.Default
		results, err := run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			var winners []string
			for _, k := range r.Ranking {
				winners = append(winners, r.Rows[k.Solution])
			}
			if len(winners) != 2 || !cmp.Equal(map[string]bool{winners[0]: true, winners[1]: true}, map[string]bool{"24": true, "48": true}) {
				t.Errorf("%s: the choice is among %v, want 24 and 48", r.Problem.ID, winners)
			}
			s := ScoresOf(r)
			if !cmp.Equal(s.PublicTests, problem.PythonTests([]string{"24", "5"})) || len(s.Public) != len(r.Rows) {
				t.Errorf("%s: recorded %v, %v", r.Problem.ID, s.PublicTests, s.Public)
			}
			if len(s.Tests)+len(s.Dropped)+len(r.Samples) > 0 {
				t.Errorf("%s: public tests count as generated: %+v", r.Problem.ID, s)
			}
		}
		if n := exec.pairs.Load(); (n == 0) != again {
			t.Errorf("%d pairs, gone on: %v", n, again)
		}
		c.Journal.Close()
	}
}

// faulty loses the verdicts of one solution on every test: our own failure.
type faulty struct {
	arithmetic
	solution string
}

func (f *faulty) Matrix(ctx context.Context, solutions []string, tests []problem.Test, lim sandbox.Limits, yield func(i, j int, v sandbox.Verdict) error) error {
	return f.arithmetic.Matrix(ctx, solutions, tests, lim, func(i, j int, v sandbox.Verdict) error {
		if solutions[i] == f.solution {
			v = sandbox.Verdict{Kind: sandbox.Infra}
		}
		return yield(i, j, v)
	})
}

// Public tests stand beside generated ones and count as none of them, over
// several rounds. Those whose verdict got lost are run once a process, and neither
// win nor lose anything for the solution.
func TestPublicTestsBesideOthers(t *testing.T) {
	exec := &faulty{arithmetic: arithmetic{fail: never}, solution: "12"}
	ps, ss := inputs()
	for i := range ps {
		ps[i].Public = problem.PythonTests([]string{"24"})
	}
	c := configOf(t, filepath.Join(t.TempDir(), "run"), divisors{writer(&drawn{})}, exec, ps, ss)
	c.Selector = rerank.Default
	var err error
	if c.Planner, err = budget.PlannerFor(budget.PolicyAdaptive, len(ps), 4*len(ps), c.Selector); err != nil {
		t.Fatal(err)
	}
	results, err := run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		ranked := map[string]bool{}
		for _, k := range r.Ranking {
			ranked[r.Rows[k.Solution]] = true
		}
		if want := map[string]bool{"12": true, "24": true, "48": true}; !cmp.Equal(ranked, want) {
			t.Errorf("%s: the choice is among %v, want %v", r.Problem.ID, ranked, want)
		}
		generated := 0
		for _, s := range r.Samples {
			generated += len(s.Tests)
		}
		if r.Infra != 1+generated {
			t.Errorf("%s: %d verdicts are missing, want %d", r.Problem.ID, r.Infra, 1+generated)
		}
		if s := ScoresOf(r); s.Public[slices.Index(r.Rows, "12")] != "9" || s.Public[slices.Index(r.Rows, "36")] != "0" {
			t.Errorf("%s: public outcomes %v of %v", r.Problem.ID, s.Public, r.Rows)
		}
	}
}
