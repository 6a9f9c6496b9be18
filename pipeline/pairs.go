package pipeline

import (
	"context"

	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// runTests runs tests, of one grant or public ones, on all rows: with little fuel, where
// that is tried first.
//
// It is all of the tests or nothing: a row gives up after so many timeouts in a row, so
// half a row would not end as a whole one does.
func (r *runner) runTests(ctx context.Context, w *work, tests []journal.Test) error {
	tests = w.withVerdict(tests)
	if w.pairs(tests) == 0 {
		return nil
	}
	all := make([]int, len(w.rows))
	for i := range all {
		all[i] = i
	}
	lim := r.limits(w, tests)
	if r.tries() {
		lim.Fuel = min(lim.Fuel, r.First)
	}
	var batch []journal.Cell
	err := r.runRows(ctx, w, all, tests, lim, func(c journal.Cell) error {
		if batch = append(batch, c); len(batch) < cellBatch {
			return nil
		}
		err := r.Journal.AddCells(ctx, w.number, batch)
		batch = batch[:0]
		return err
	})
	if err != nil {
		return err
	}
	return r.Journal.AddCells(ctx, w.number, batch)
}

// planPairs tells the progress of a problem's tests, before they are run.
func (r *runner) planPairs(w *work, tests []journal.Test, first bool) {
	n := w.pairs(tests)
	r.Progress.Pairs.Plan(n, first)
	if n == 0 {
		r.Progress.Pairs.Keep(len(w.withVerdict(tests)) * len(w.rows))
	}
}

// limits are what a pair of the tests may have: where the problem has a time limit, the
// fuel of that.
func (r *runner) limits(w *work, tests []journal.Test) sandbox.Limits {
	lim := r.Limits
	for _, t := range tests {
		if fuel := w.problem.Fuel(t.Test); fuel > 0 {
			lim.Fuel = fuel
		}
	}
	return lim
}

// tries tells whether pairs run with little fuel first. Without a selector nobody can
// say what matters.
func (r *runner) tries() bool {
	return r.Selector != (rerank.Selector{}) && r.First > 0 && r.First < r.Limits.Fuel
}

// columnsKnown tells whether more fuel cannot show methods of a test that no row has
// run: each method is a column.
func (w *work) columnsKnown(t journal.Test) bool {
	if t.Kind != problem.Unittest {
		return true
	}
	for row := range w.rows {
		v := w.cells[cellKey{row, t.Origin}]
		if !v.Broken && (v.Kind == sandbox.Pass || v.Kind == sandbox.Fail) {
			return true // it came to the end
		}
	}
	return false
}

// cellBatch is how many verdicts go into one journal transaction.
const cellBatch = 2000

// runRows runs tests on some rows and hands over the verdicts.
func (r *runner) runRows(ctx context.Context, w *work, rows []int, tests []journal.Test, lim sandbox.Limits, found func(journal.Cell) error) error {
	run, programs := make([]problem.Test, len(tests)), make([]string, len(rows))
	for j, t := range tests {
		run[j] = w.problem.Judged(t.Test)
	}
	for i, row := range rows {
		programs[i] = w.problem.Program(w.rows[row])
	}
	if err := r.run.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.run.Release(1)
	if r.stopping() {
		return ErrStopped
	}
	full := r.limits(w, tests).Fuel
	return r.Executor.Matrix(ctx, programs, run, lim, func(i, j int, v sandbox.Verdict) error {
		r.Progress.Pairs.Done.Add(1)
		switch {
		case v.Kind == sandbox.Infra:
			r.states[w.number].infra++
			return nil // never recorded: a resumed run tries again
		case v.Kind == sandbox.Timeout && lim.Fuel < full:
			v.Kind = sandbox.Slow
		}
		w.cells[cellKey{rows[i], tests[j].Origin}] = v
		return found(journal.Cell{Origin: tests[j].Origin, Solution: w.first[rows[i]], Verdict: v})
	})
}
