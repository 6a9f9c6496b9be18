package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"coderm/problem"
	"coderm/rerank"
)

// Shown is a solution that a prompt shows the model.
type Shown struct {
	Solution int // its place among the task's candidates, or in the file it comes from
	Code     string
}

// Rotate spreads the samples over the first n distinct candidates. A test
// written next to a wrong solution copies its mistake; next to four of them the
// mistakes differ and the truth repeats.
func Rotate(n int) func(context.Context, Task) ([]Shown, error) {
	return func(_ context.Context, task Task) ([]Shown, error) {
		var out []Shown
		for i, code := range task.Candidates[:min(n, len(task.Candidates))] {
			out = append(out, Shown{i, code})
		}
		return out, nil
	}
}

// Best spreads them over n of the candidates that pass the most of the question's
// examples, as different ones as there are: it needs Config.PilotFirst.
func Best(n int) func(context.Context, Task) ([]Shown, error) {
	return func(ctx context.Context, task Task) ([]Shown, error) {
		if len(task.Best) == 0 {
			return Rotate(n)(ctx, task)
		}
		var out []Shown
		for _, i := range task.Best[:min(n, len(task.Best))] {
			out = append(out, Shown{i, task.Candidates[i]})
		}
		return out, nil
	}
}

// best lists the rows that pass the most of the examples, one of each behaviour first,
// then a second, and so on; behaviours that more solutions have come first. It is of
// what the pilot found, so that it is the same in every round: nil without examples.
func (w *work) best() []int {
	_, outcomes := w.publicOutcomes()
	if len(outcomes) == 0 {
		return nil
	}
	passes, most := make([]int, len(w.rows)), 0
	for row, of := range outcomes {
		for _, o := range of {
			if o == rerank.Pass {
				passes[row]++
			}
		}
		most = max(most, passes[row])
	}
	weight := w.weights()
	type behaviour struct {
		rows   []int
		weight int
	}
	var all []*behaviour
	by := map[string]*behaviour{}
	for row, does := range w.does() {
		if passes[row] < most {
			continue
		}
		b := by[does]
		if b == nil {
			b = new(behaviour)
			by[does], all = b, append(all, b)
		}
		b.rows, b.weight = append(b.rows, row), b.weight+weight[row]
	}
	slices.SortStableFunc(all, func(a, b *behaviour) int { return cmp.Compare(b.weight, a.weight) })
	var out []int
	for k := 0; len(all) > 0; k++ {
		all = slices.DeleteFunc(all, func(b *behaviour) bool { return k >= len(b.rows) })
		for _, b := range all {
			out = append(out, b.rows[k])
		}
	}
	return out
}

// does names what each row returns on the calls with other arguments than the tests'.
func (w *work) does() []string {
	names := make([]strings.Builder, len(w.rows))
	for _, t := range w.calls {
		if t.Generation != problem.Mutated {
			continue
		}
		classes, _ := problem.Classes(w.observations(t))
		for row, k := range classes {
			fmt.Fprintf(&names[row], "%d ", k)
		}
	}
	out := make([]string, len(w.rows))
	for row := range names {
		out[row] = names[row].String()
	}
	return out
}
