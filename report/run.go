package report

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"coderm/eval"
	"coderm/journal"
	"coderm/pipeline"
)

// OfRun puts a run's settings and results into a report.
func OfRun(ctx context.Context, title string, settings journal.Fingerprint, results []pipeline.Result) (d Data, err error) {
	d.Title = title
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		d.Settings = append(d.Settings, [2]string{name, settings[name]})
	}
	for _, r := range results {
		d.Problems = append(d.Problems, layOut(r))
	}
	if d.Study, err = studyOf(ctx, results); err != nil {
		return d, err
	}
	d.Totals = totals(results, d.Study)
	return d, nil
}

// knownTruth is the part of the results whose truth is known.
func knownTruth(results []pipeline.Result) []eval.Problem {
	var out []eval.Problem
	for _, r := range results {
		if len(r.Truth) == 0 {
			continue
		}
		out = append(out, eval.Problem{ID: r.Problem.ID, Matrix: r.Matrix, Samples: r.RowOf, Right: r.Truth})
	}
	return out
}

// compared are the selectors the report shows side by side.
var compared = []string{"auto", "majority", "reference", "codet", "bayes"}

// studyOf measures a run whose truth is known; nil when it is not.
func studyOf(ctx context.Context, results []pipeline.Result) (*eval.Study, error) {
	problems := knownTruth(results)
	if len(problems) == 0 {
		return nil, nil
	}
	tests, solutions := 0, 0
	for _, p := range problems {
		tests, solutions = max(tests, p.Matrix.Tests()), max(solutions, len(p.Samples))
	}
	study, err := eval.Run(ctx, problems, eval.Options{
		Selectors: eval.WithPublic(compared, problems), Ks: []int{1}, Tests: steps(tests), Solutions: steps(solutions), Draws: 20,
	})
	if err != nil {
		return nil, err
	}
	study.Partial = len(problems) < len(results)
	return study, nil
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

func totals(results []pipeline.Result, study *eval.Study) []Total {
	solutions, tests, pairs := 0, 0, 0
	for _, r := range results {
		solutions += len(r.RowOf)
		for _, s := range r.Samples {
			tests += len(s.Tests)
		}
		pairs += r.Matrix.Rows() * r.Matrix.Cols()
	}
	out := []Total{
		{Value: fmt.Sprint(len(results)), Label: "problems"}, {Value: fmt.Sprint(solutions), Label: "solutions"},
		{Value: fmt.Sprint(tests), Label: "tests"}, {Value: fmt.Sprint(pairs), Label: "cells"},
	}
	if study != nil {
		best := study.Selectors[0]
		out = append(out,
			Total{Value: fmt.Sprintf("%.1f %%", 100*best.Accuracy.Mean), Label: "right, by " + best.Name},
			Total{Value: fmt.Sprintf("%.1f %%", 100*study.Random.Mean), Label: "random pick"})
	}
	return out
}
