package report

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"coderm/eval"
	"coderm/pipeline"
	"coderm/rerank"
	"coderm/run"
)

// Page collects what a run's report shows, result by result.
type Page struct {
	data             Data
	known            []eval.Problem // the part of the results whose truth is known
	solutions, tests int
	pairs            int
}

// New is an empty page of the run.
func New(title string, about run.About) *Page {
	p := &Page{data: Data{Title: title, Run: about}}
	for _, name := range slices.Sorted(maps.Keys(about.Settings)) {
		p.data.Settings = append(p.data.Settings, [2]string{name, about.Settings[name]})
	}
	return p
}

// Add lays a result out. It never fails.
func (p *Page) Add(r pipeline.Result) error {
	p.data.Problems = append(p.data.Problems, layOut(r))
	p.solutions += len(r.RowOf)
	for _, s := range r.Samples {
		p.tests += len(s.Tests)
	}
	p.pairs += r.Matrix.Rows() * r.Matrix.Cols()
	if len(r.Truth) > 0 {
		p.known = append(p.known, eval.Problem{ID: r.Problem.ID, Evidence: r.Evidence, Samples: r.RowOf, Right: r.Truth,
			Platform: r.Problem.Platform, Difficulty: r.Problem.Difficulty, Chosen: chosenOf(r)})
	}
	return nil
}

// chosenOf is the sample that the run chose; -1 for none.
func chosenOf(r pipeline.Result) int {
	if r.Choice == nil {
		return -1
	}
	return r.Choice.Solution
}

// Data is the whole report, with the study of what is known to be right.
func (p *Page) Data(ctx context.Context) (Data, error) {
	var err error
	if p.data.Study, err = studyOf(ctx, p.known); err != nil {
		return p.data, err
	}
	if p.data.Study != nil {
		p.data.Study.Partial = len(p.known) < len(p.data.Problems)+p.data.Run.LeftOut
	}
	p.data.Totals = p.totals()
	return p.data, nil
}

// studyOf measures a run whose truth is known; nil when it is not.
func studyOf(ctx context.Context, problems []eval.Problem) (*eval.Study, error) {
	if len(problems) == 0 {
		return nil, nil
	}
	tests, solutions := 0, 0
	for _, p := range problems {
		tests, solutions = max(tests, p.Matrix.Tests()), max(solutions, len(p.Samples))
	}
	return eval.Run(ctx, problems, eval.Options{
		Selectors: eval.Compared(problems), Ks: []int{1}, Tests: steps(tests), Solutions: steps(solutions), Draws: 20,
	})
}

// steps are 1, 2, 5, 10, … up to n, and n.
func steps(n int) []int {
	var out []int
	for base := 1; base <= n; base *= 10 {
		for _, m := range []int{1, 2, 5} {
			if base*m < n {
				out = append(out, base*m)
			}
		}
	}
	return append(out, n)
}

// ofFile is the number of problems, and of how many where some are left out.
func (p *Page) ofFile() string {
	n := len(p.data.Problems)
	if left := p.data.Run.LeftOut; left > 0 {
		return fmt.Sprintf("%d of %d", n, n+left)
	}
	return fmt.Sprint(n)
}

// grouped writes a number with its thousands apart: "40,071".
func grouped(n int) string {
	text := fmt.Sprint(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

func (p *Page) totals() []Total {
	out := []Total{
		{Value: p.ofFile(), Label: "problems"}, {Value: grouped(p.solutions), Label: "solutions"},
		{Value: grouped(p.tests), Label: "tests"}, {Value: grouped(p.pairs), Label: "pairs"},
	}
	if study := p.data.Study; study != nil {
		percent := func(share float64, label string) Total {
			return Total{Value: fmt.Sprintf("%.1f %%", 100*share), Label: label}
		}
		best := study.Selectors[0]
		out = append(out, percent(best.Accuracy.Mean, "right, by "+best.Name), percent(study.Random.Mean, "random pick"))
		for _, sel := range study.Selectors {
			if sel.Name == string(rerank.Public) {
				out = append(out, percent(sel.Accuracy.Mean, "the examples alone"))
			}
		}
		out = append(out, percent(study.Oracle.Mean, oracle))
	}
	return out
}
