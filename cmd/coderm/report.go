package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"coderm/eval"
	"coderm/journal"
	"coderm/pipeline"
	"coderm/report"
	"coderm/rerank"
	"coderm/sandbox"
)

// reportFile is the report's name in a run folder.
const reportFile = "report.html"

func (a *app) reportCmd() *cobra.Command {
	var out, selector, granularity string
	c := &cobra.Command{
		Use:   "report RUN/",
		Short: "Write a run as one HTML file",
		Long: `Writes RUN/report.html: a summary with intervals and scaling curves (where the
truth is known, see 'rerank --truth'), and for each problem the pass matrix as a
heat map, every solution, test and verdict. One file, no network.`,
		Args: oneArg("the run folder"),
		RunE: func(c *cobra.Command, args []string) error {
			sel, err := rerank.ByName(selector, rerank.Granularity(granularity))
			if err != nil {
				return asUsage(err)
			}
			if out == "" {
				out = filepath.Join(args[0], reportFile)
			} else if err := checkOutput(out); err != nil {
				return err
			}
			return a.report(c.Context(), args[0], out, sel)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "the file to write (default: RUN/report.html)")
	c.Flags().StringVar(&selector, "selector", rerank.Names()[0], "the selector that orders the solutions")
	c.Flags().StringVar(&granularity, "granularity", "", "what counts as one test: class or method")
	return c
}

func (a *app) report(ctx context.Context, dir, out string, sel rerank.Selector) error {
	meta, results, err := readRun(ctx, dir, sel)
	if err != nil {
		return err
	}
	if err := writeReport(ctx, dir, out, meta, results); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"report": out, "problems": len(results)})
	}
	fmt.Fprintln(a.stdout, out)
	return nil
}

func writeReport(ctx context.Context, dir, out string, meta journal.Fingerprint, results []pipeline.Result) (err error) {
	d := report.Data{Title: "Run " + filepath.Base(filepath.Clean(dir))}
	for _, name := range slices.Sorted(maps.Keys(meta)) {
		d.Settings = append(d.Settings, [2]string{name, meta[name]})
	}
	for _, r := range results {
		d.Problems = append(d.Problems, reportProblem(r))
	}
	if d.Study, err = studyRun(ctx, results); err != nil {
		return err
	}
	d.Totals = totals(results, d.Study)
	return writeFile(out, func(w io.Writer) error { return report.Write(w, d) })
}

// readRun reads a run folder's settings and results.
func readRun(ctx context.Context, dir string, sel rerank.Selector) (journal.Fingerprint, []pipeline.Result, error) {
	j, err := journal.OpenFinished(ctx, dir)
	if err != nil {
		if errors.Is(err, journal.ErrNoRun) {
			return nil, nil, asUsage(err)
		}
		return nil, nil, err
	}
	defer j.Close()
	meta, err := j.Meta(ctx)
	if err != nil {
		return nil, nil, err
	}
	var seed uint64
	fmt.Sscan(meta["seed"], &seed)
	results, err := pipeline.Reload(ctx, j, sel, seed)
	return meta, results, err
}

// knownTruth is the part of the results whose truth is known.
func knownTruth(results []pipeline.Result) []eval.Problem {
	var out []eval.Problem
	for _, r := range results {
		if len(r.Truth) == 0 {
			continue
		}
		p := eval.Problem{ID: r.Problem.ID, Matrix: r.Matrix, Samples: r.RowOf}
		for _, k := range r.Truth {
			p.Right = append(p.Right, k == sandbox.Pass)
		}
		out = append(out, p)
	}
	return out
}

// compared are the selectors the report shows side by side.
var compared = []string{"auto", "majority", "reference", "codet", "bayes"}

// studyRun measures a run whose truth is known; nil when it is not.
func studyRun(ctx context.Context, results []pipeline.Result) (*eval.Study, error) {
	problems := knownTruth(results)
	if len(problems) == 0 {
		return nil, nil
	}
	tests, solutions := 0, 0
	for _, p := range problems {
		tests, solutions = max(tests, p.Matrix.Tests()), max(solutions, len(p.Samples))
	}
	study, err := eval.Run(ctx, problems, eval.Options{
		Selectors: compared, Ks: []int{1}, Tests: steps(tests), Solutions: steps(solutions), Draws: 20,
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

func totals(results []pipeline.Result, study *eval.Study) []report.Total {
	solutions, tests, pairs := 0, 0, 0
	for _, r := range results {
		solutions += len(r.RowOf)
		for _, s := range r.Samples {
			tests += len(s.Tests)
		}
		pairs += r.Matrix.Rows() * r.Matrix.Cols()
	}
	out := []report.Total{
		{Value: fmt.Sprint(len(results)), Label: "problems"}, {Value: fmt.Sprint(solutions), Label: "solutions"},
		{Value: fmt.Sprint(tests), Label: "tests"}, {Value: fmt.Sprint(pairs), Label: "cells"},
	}
	if study != nil {
		best := study.Selectors[0]
		out = append(out,
			report.Total{Value: fmt.Sprintf("%.1f %%", 100*best.Accuracy.Mean), Label: "right, by " + best.Name},
			report.Total{Value: fmt.Sprintf("%.1f %%", 100*study.Random.Mean), Label: "random pick"})
	}
	return out
}

// reportProblem lays out one problem: rows by score, columns by trust.
func reportProblem(r pipeline.Result) report.Problem {
	p := report.Problem{ID: r.Problem.ID, Question: r.Problem.Question, Chosen: -1, Details: map[string]int{}}
	score := make([]float64, len(r.Rows))
	var rows []int
	for _, k := range r.Ranking {
		rows = append(rows, k.Solution)
		score[k.Solution] = k.Score
	}
	trust := trustOf(r, score)
	cols := make([]int, len(r.Columns))
	for j := range cols {
		cols[j] = j
	}
	slices.SortStableFunc(cols, func(a, b int) int { return cmp.Compare(trust[b], trust[a]) })

	for at, row := range rows {
		if r.Choice != nil && r.RowOf[r.Choice.Solution] == row {
			p.Chosen = at
		}
		x := report.Row{Name: rowName(r, row), Code: r.Rows[row], Score: score[row]}
		if len(r.Truth) > 0 {
			right := r.Truth[row] == sandbox.Pass
			x.Truth = &right
		}
		p.Rows = append(p.Rows, x)
	}
	for _, j := range cols {
		p.Columns = append(p.Columns, report.Column{Name: columnName(r.Columns[j]), Code: r.Program(r.Columns[j]), Trust: trust[j]})
	}
	digits := pipeline.ScoresOf(r).Matrix
	texts := map[string]int{}
	for at, row := range rows {
		cells := make([]byte, len(cols))
		for k, j := range cols {
			cells[k] = digits[row][j]
			if v, ok := r.Verdict(row, r.Columns[j]); ok && v.Detail != "" {
				n, seen := texts[v.Detail]
				if !seen {
					n = len(p.Texts)
					texts[v.Detail] = n
					p.Texts = append(p.Texts, v.Detail)
				}
				p.Details[fmt.Sprintf("%d,%d", at, k)] = n
			}
		}
		p.Cells = append(p.Cells, string(cells))
	}
	for _, s := range r.Samples {
		if s.Dropped != "" {
			p.Dropped++
		}
	}
	return p
}

// trustOf is, for each column, the mean score of the solutions that pass it
// less that of those that do not, the scores scaled to 0 to 1: how far the test
// is on the side of the selector's choice.
func trustOf(r pipeline.Result, score []float64) []float64 {
	out := make([]float64, len(r.Columns))
	if len(score) == 0 {
		return out
	}
	lo, hi := slices.Min(score), slices.Max(score)
	for j := range out {
		var sum [2]float64
		var n [2]int
		for i, s := range score {
			side := 0
			if r.Matrix.Passes(i, j) {
				side = 1
			}
			sum[side] += (s - lo) / max(hi-lo, 1e-12)
			n[side]++
		}
		if n[0] > 0 && n[1] > 0 {
			out[j] = sum[1]/float64(n[1]) - sum[0]/float64(n[0])
		}
	}
	return out
}

func rowName(r pipeline.Result, row int) string {
	first, n := -1, 0
	for i, x := range r.RowOf {
		if x == row {
			if first < 0 {
				first = i
			}
			n++
		}
	}
	if n > 1 {
		return fmt.Sprintf("#%d ×%d", first, n)
	}
	return fmt.Sprintf("#%d", first)
}

func columnName(c pipeline.Column) string {
	name := fmt.Sprintf("%d", c.Generation)
	if c.Part > 0 {
		name += fmt.Sprintf(".%d", c.Part)
	}
	if c.Method != "" {
		name += " " + c.Method
	}
	return name
}
