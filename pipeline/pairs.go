package pipeline

import (
	"cmp"
	"context"
	"maps"
	"slices"

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

// runOn runs tests again, with more fuel, on rows that were out of it and matter: which
// that are is asked after every step, until nobody is left. Verdicts on these are what
// they would be with all fuel at once. With one, a step goes to the first test that a row
// was out of fuel on and no further: an example that fails may be all there is to know.
//
// What a step finds is recorded at once, for the next is decided by it: a run that was
// interrupted decides as one that was not.
func (r *runner) runOn(ctx context.Context, w *work, tests []journal.Test, one bool, matter func() []bool) error {
	tests = w.withVerdict(tests)
	lim := r.limits(w, tests)
	full := lim.Fuel
	type try struct {
		fuel  uint64
		tests int // how many of them
	}
	last := map[int]try{} // by row
	for {
		var in []bool
		if r.tries() {
			in = matter()
		}
		step := map[try][]int{}
		for row := range w.rows {
			out, at, needed := w.outOfFuel(row, tests)
			next := try{full, len(tests)}
			if one {
				next.tests = at + 1
			} else if r.tries() {
				next.fuel = nextFuel(r.First, max(out, last[row].fuel), full)
			}
			if out > 0 && last[row] != next && (in == nil || in[row] || needed) {
				step[next] = append(step[next], row)
				last[row] = next
			}
		}
		if len(step) == 0 {
			return nil
		}
		var found []journal.Cell
		for _, t := range slices.SortedFunc(maps.Keys(step), func(a, b try) int { return cmp.Or(cmp.Compare(a.fuel, b.fuel), a.tests-b.tests) }) {
			r.Progress.Pairs.Plan(len(step[t])*t.tests, false)
			lim.Fuel = t.fuel
			err := r.runRows(ctx, w, step[t], tests[:t.tests], lim, func(c journal.Cell) error {
				found = append(found, c)
				return nil
			})
			if err != nil {
				return err
			}
		}
		if err := r.Journal.AddCells(ctx, w.number, found); err != nil {
			return err
		}
	}
}

// fuelFactor is how much more fuel a pair has in the next try: a try that fails is a
// small part of the one after it.
const fuelFactor = 16

// nextFuel is what a row gets that was out of some fuel.
func nextFuel(first, had, full uint64) uint64 {
	for fuel := first; fuel <= full/4/fuelFactor; {
		if fuel *= fuelFactor; fuel > had+had/16 { // a pair stops some way beyond its limit
			return fuel
		}
	}
	return full
}

// outOfFuel is the most fuel that a slow pair of the row and one of the tests took, 0
// without any, and the place of the first. More is needed in any case if a test's methods
// are not known: each is a column.
func (w *work) outOfFuel(row int, tests []journal.Test) (fuel uint64, first int, needed bool) {
	for k, t := range slices.Backward(tests) {
		if v := w.cells[cellKey{row, t.Origin}]; v.Kind == sandbox.Slow {
			fuel, first = max(fuel, v.Fuel, 1), k
			needed = needed || !w.columnsKnown(t)
		}
	}
	return fuel, first, needed
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
