package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/budget"
	"coderm/journal"
	"coderm/passfile"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// counter draws one assert a completion, each of another call, and fails after so
// many completions.
type counter struct {
	drawn map[string]int
	most  int
}

func (c *counter) Draw(ctx context.Context, orders iter.Seq[Order], yield func(int, journal.Sample) error) error {
	place := 0
	for o := range orders {
		for _, g := range o.Generations {
			if c.most--; c.most < 0 {
				return errCrash
			}
			c.drawn[o.Task.Problem.ID]++
			s := journal.Sample{Generation: g, Sampled: problem.Sampled{Finish: "stop", Solution: -1}}
			code := fmt.Sprintf("assert f(%d) == %d", 1000+g, (1000+g)*(1000+g))
			s.Tests = []journal.Test{{Origin: problem.Origin{Generation: g}, Test: problem.Test{Kind: problem.Assert, Code: code}}}
			if err := yield(place, s); err != nil {
				return err
			}
		}
		place++
	}
	return nil
}

// An adaptive run draws nothing for a problem of which the examples leave one
// candidate, and one completion where candidates return the same on calls like those
// of its examples; what that leaves of their shares goes to nobody.
func TestPilotSavesCompletions(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	square, power := "def f(x):\n    return x * x", "def f(x):\n    return x ** 2"
	double, odd := "def f(x):\n    return x + x", "def f(x):\n    return x * x if x > 2 else x + x"
	var ps []problem.Problem
	var ss [][]problem.Solution
	for id, codes := range map[string][]string{"agree": {square, power, square}, "one is left": {square, "def f(x):\n    return 0"}, "differ": {square, double, odd}} {
		ps = append(ps, problem.Problem{ID: id, EntryPoint: "f", Prompt: "def f(x):\n", Public: problem.PythonTests([]string{"assert f(2) == 4"})})
		var list []problem.Solution
		for k, code := range codes {
			list = append(list, problem.Solution{TaskID: id, Index: k, Code: code})
		}
		ss = append(ss, list)
	}
	source := &counter{drawn: map[string]int{}, most: 100}
	c := configOf(t, filepath.Join(t.TempDir(), "run"), source, box, ps, ss)
	defer c.Journal.Close()
	c.Selector, c.Observer, c.Mutations = rerank.Default, box, 10
	c.Planner = budget.NewAdaptive(budget.Adaptive{Total: 12, Selector: c.Selector}, len(ps))
	if _, err := run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]int{"agree": 1, "differ": 4}, source.drawn); d != "" {
		t.Errorf("completions (-want +got):\n%s", d)
	}
}

// hearing notes how many tests and calls an adaptive planner is told of.
type hearing struct {
	*budget.AdaptivePlanner
	heard []string
}

func (h *hearing) note(what string, problem int, e rerank.Evidence) {
	h.heard = append(h.heard, fmt.Sprintf("%s %d: %d tests, %d calls", what, problem, e.Cols(), e.Outputs.Calls()))
}

func (h *hearing) Pilot(problem int, e rerank.Evidence) {
	h.note("pilot", problem, e)
	h.AdaptivePlanner.Pilot(problem, e)
}

func (h *hearing) Observe(problem int, e rerank.Evidence) {
	h.note("observe", problem, e)
	h.AdaptivePlanner.Observe(problem, e)
}

// A run that was cut off goes on as if it had not been: its planner does not see the
// calls of tests that it has not granted yet.
func TestAdaptiveGoesOnAsItWas(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	var ps []problem.Problem
	var ss [][]problem.Solution
	for _, id := range []string{"example", "none"} {
		// They agree on the calls of tests: the more of those, the more is settled.
		p := problem.Problem{ID: id, EntryPoint: "f", Prompt: "def f(x):\n", Public: problem.PythonTests([]string{"assert f(2) == 4"})}
		if id == "none" {
			p.Public = []problem.Test{}
		}
		ps = append(ps, p)
		var list []problem.Solution
		for k, code := range []string{"x * x", "x * x + (x < 1000 and x != 2)"} {
			list = append(list, problem.Solution{TaskID: id, Index: k, Code: "def f(x):\n    return " + code})
		}
		ss = append(ss, list)
	}
	type end struct {
		Heard  []string
		Scores []passfile.Line
	}
	play := func(dir string, most int) (end, error) {
		source := &counter{drawn: map[string]int{}, most: most}
		c := configOf(t, dir, source, box, ps, ss)
		defer c.Journal.Close()
		c.Selector, c.Observer, c.Mutations = rerank.Default, box, 1
		h := &hearing{AdaptivePlanner: budget.NewAdaptive(budget.Adaptive{Total: 24, Selector: c.Selector}, len(ps))}
		c.Planner = h
		results, err := run(t.Context(), c)
		e := end{Heard: h.heard}
		for _, r := range results {
			e.Scores = append(e.Scores, ScoresOf(r))
		}
		return e, err
	}
	want, err := play(filepath.Join(t.TempDir(), "run"), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for k := 1; k < len(want.Heard)-len(ps); k++ {
		dir := filepath.Join(t.TempDir(), "run")
		if _, err := play(dir, k); !errors.Is(err, errCrash) {
			t.Fatalf("cut off after %d: %v", k, err)
		}
		got, err := play(dir, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("cut off after %d (-unbroken +gone on):\n%s", k, d)
		}
	}
}
