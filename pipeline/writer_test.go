package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"coderm/engine"
	"coderm/journal"
	"coderm/model"
	"coderm/problem"
)

// oneByOne answers each request before it takes the next.
type oneByOne struct{ taken func(r engine.Request) }

func (g oneByOne) Generate(_ context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	i := 0
	for r := range requests {
		g.taken(r)
		for k := range r.N {
			if err := yield(i, engine.Sample{Index: r.FirstIndex + k, Finish: engine.FinishEOT}); err != nil {
				return err
			}
		}
		i++
	}
	return nil
}

// A prompt is rendered when the engine takes its request, and a task that there is
// no prompt for costs the others nothing.
func TestRenderedWhenTaken(t *testing.T) {
	template, err := model.NewTemplate("<user>{{ messages[0].content }}<assistant>", "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer template.Close()
	const tasks, bad = 20, 7
	const question = "def f():\n    \"\"\"Returns\n    1.\"\"\"\n"
	rendered, taken := 0, 0
	w := &Writer{Template: template, Prompt: model.CodeRM(), MaxTokens: 9}
	w.Candidates = func(_ context.Context, t Task) ([]Shown, error) {
		rendered++
		if t.Number == bad {
			return nil, nil
		}
		return []Shown{{0, "def f(): pass\nprint(f())"}, {1, "def f(): return 1"}}, nil
	}
	w.Engine = oneByOne{func(r engine.Request) {
		if taken++; rendered > (taken+1)/2+1 {
			t.Errorf("request %d: the prompts of %d tasks are rendered", taken, rendered)
		}
		if p := r.Prompt.Text; !strings.Contains(p, "### question\nWrite a function named `f`. Returns 1.\n") || strings.Contains(p, "print(") {
			t.Errorf("the prompt is not in its form:\n%s", p)
		}
		if p := r.Prompt; !p.Rendered || p.Text[:6] != "<user>" || r.N != 2 {
			t.Errorf("request %d: %+v", taken, r)
		}
	}}
	var orders []Order
	for i := range tasks {
		orders = append(orders, Order{Task{Number: i, Problem: problem.Problem{ID: fmt.Sprint(i), EntryPoint: "f", Question: question}}, []int{0, 1, 2, 3}})
	}
	samples := map[[2]int]bool{}
	err = w.Draw(t.Context(), slices.Values(orders), func(order int, s journal.Sample) error {
		samples[[2]int{order, s.Generation}] = true
		return nil
	})
	var unfilled Unfilled
	if !errors.As(err, &unfilled) || len(unfilled) != 1 || unfilled[bad] == nil {
		t.Errorf("got %v, want an error of order %d", err, bad)
	}
	if len(samples) != 4*(tasks-1) {
		t.Errorf("%d samples, want 4 of each other order", len(samples))
	}
}

// Candidates are shown in the prompt's form, and what a person chose to show as it stands.
func TestShownAsGiven(t *testing.T) {
	template, err := model.NewTemplate("{{ messages[0].content }}", "", "")
	if err != nil {
		t.Fatal(err)
	}
	defer template.Close()
	const code = "\ndef f():\n    return 1\n\nprint(f())\n"
	for given, want := range map[bool]string{false: "solution\ndef f():\n    return 1\n\nPlease", true: "solution\n" + code + "\nPlease"} {
		w := &Writer{Template: template, Prompt: model.CodeRM(), AsGiven: given,
			Candidates: func(context.Context, Task) ([]Shown, error) { return []Shown{{0, code}}, nil }}
		prompts, err := w.prompts(t.Context(), Task{})
		if err != nil || len(prompts) != 1 || !strings.Contains(prompts[0].text.Text, want) || !prompts[0].names["f"] {
			t.Errorf("as given %v: %+v, %v", given, prompts, err)
		}
	}
}
