package pipeline

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"

	"coderm/budget"
	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// looker notes which candidates its tasks have for the best, and draws a test that
// tells them apart.
type looker struct{ best [][]int }

func (l *looker) Draw(_ context.Context, orders iter.Seq[Order], yield func(int, journal.Sample) error) error {
	place := 0
	for o := range orders {
		l.best = append(l.best, o.Task.Best)
		for _, g := range o.Generations {
			s := journal.Sample{Generation: g, Sampled: problem.Sampled{Finish: "stop", Solution: -1}}
			s.Tests = []journal.Test{{Origin: problem.Origin{Generation: g}, Test: problem.Test{Kind: problem.Assert, Code: fmt.Sprintf("assert f(%d) == 0", 100+g)}}}
			if err := yield(place, s); err != nil {
				return err
			}
		}
		place++
	}
	return nil
}

// The best candidates pass the most examples; of each behaviour one comes first, and
// behaviours of more solutions before others. So it is in every round.
func TestBestCandidates(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	codes := []string{
		"def f(x):\n    return x + x", // passes the example, and returns what two others do on other calls
		"def f(x):\n    return 0",
		"def f(x):\n    return x * x",
		"def f(x):\n    return x ** 2",
		"def f(x):\n    return x * x",
		"def f(x):\n    return 2 * x if x == 2 else 7",
	}
	p := problem.Problem{ID: "a", EntryPoint: "f", Prompt: "def f(x):\n", Public: problem.PythonTests([]string{"assert f(2) == 4"})}
	var ss []problem.Solution
	for k, code := range codes {
		ss = append(ss, problem.Solution{TaskID: "a", Index: k, Code: code})
	}
	source := &looker{}
	c := configOf(t, filepath.Join(t.TempDir(), "run"), source, box, []problem.Problem{p}, [][]problem.Solution{ss})
	defer c.Journal.Close()
	c.Selector, c.Observer, c.Mutations, c.PilotFirst = rerank.Default, box, 10, true
	c.Planner = budget.NewAdaptive(budget.Adaptive{Total: 12, Selector: c.Selector}, 1)
	if _, err := run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	// Rows: 0, 1, 2 (of solutions 2 and 4), 3 and 4; 2 and 3 return the same.
	want := []int{2, 0, 4, 3}
	if len(source.best) < 2 {
		t.Errorf("%d rounds, want several", len(source.best))
	}
	for round, best := range source.best {
		if !slices.Equal(best, want) {
			t.Errorf("round %d: the best are %v, want %v", round, best, want)
		}
	}
	task := Task{Candidates: []string{"a", "b", "c"}, Best: []int{2, 0}}
	shown, err := Best(4)(t.Context(), task)
	if err != nil || !slices.Equal(shown, []Shown{{2, "c"}, {0, "a"}}) {
		t.Errorf("shown are %v, %v", shown, err)
	}
	task.Best = nil
	if shown, _ := Best(2)(t.Context(), task); !slices.Equal(shown, []Shown{{0, "a"}, {1, "b"}}) {
		t.Errorf("without examples %v are shown", shown)
	}
}
