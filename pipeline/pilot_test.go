package pipeline

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/budget"
	"coderm/journal"
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
