package pipeline

import (
	"context"
	"fmt"

	"coderm/journal"
	"coderm/sandbox"
)

// decide runs slow pairs of tests again, with more fuel, where they matter: which rows'
// do is asked after every step, until nobody's is left. Verdicts on these are what they
// would be with all fuel at once. Where no pair had less fuel than another in this run,
// an earlier one may have left some; all of these run.
//
// What a step finds is recorded at once, for the next is decided by it: a run that was
// interrupted decides as one that was not.
func (r *runner) decide(ctx context.Context, w *work, tests []journal.Test, matter func() []bool) error {
	e := escalation{
		runner: r, work: w, tests: w.withVerdict(tests), lim: r.limits(w, tests),
		tried: map[cellKey]uint64{}, reach: make([]int, len(w.rows)),
	}
	for {
		var step []batch
		if r.tries() {
			step = e.next(matter())
		} else {
			step = e.all()
		}
		if len(step) == 0 {
			return nil
		}
		var found []journal.Cell
		for _, b := range step {
			if err := e.run(ctx, b, &found); err != nil {
				return err
			}
		}
		if err := r.Journal.AddCells(ctx, w.number, found); err != nil {
			return err
		}
	}
}

// escalation is a problem's slow pairs on their way to a verdict.
type escalation struct {
	*runner
	*work
	tests []journal.Test
	lim   sandbox.Limits     // all that a pair may have
	tried map[cellKey]uint64 // the fuel of a pair's last try here
	reach []int              // by row: how many pairs the next step takes
}

// batch is pairs that are tried together: some rows on some tests, by their places.
type batch struct {
	fuel        uint64
	rows, tests []int
}

// next takes of each row in play the first slow pair, and if that is as far as those
// after it, some of these: twice as many after each step that all of them came to an end
// in. A row that never ends so gives up after a few tries, and one that is only slow has
// few steps.
func (e *escalation) next(in []bool) (step []batch) {
	at := map[string]int{}
	for row := range e.rows {
		open, needed := e.open(row)
		if len(open) == 0 || !in[row] && !needed {
			continue
		}
		fuel, n := e.fuel(row, open[0]), 1
		for n < min(len(open), e.reach[row]) && e.fuel(row, open[n]) == fuel {
			n++
		}
		key := fmt.Sprint(fuel, open[:n])
		k, ok := at[key]
		if !ok {
			k = len(step)
			at[key] = k
			step = append(step, batch{fuel: fuel, tests: open[:n]})
		}
		step[k].rows = append(step[k].rows, row)
	}
	return step
}

// all takes all rows with slow pairs, with all fuel.
func (e *escalation) all() []batch {
	b := batch{fuel: e.lim.Fuel}
	for row := range e.rows {
		if open, _ := e.open(row); len(open) > 0 {
			b.rows = append(b.rows, row)
		}
	}
	if len(b.rows) == 0 {
		return nil
	}
	for j := range e.tests {
		b.tests = append(b.tests, j)
	}
	return []batch{b}
}

// open are a row's slow pairs, by the places of the tests, but for those whose verdicts
// were lost with all fuel. They are needed in any case if a test's methods are not known:
// each is a column.
func (e *escalation) open(row int) (tests []int, needed bool) {
	for j, t := range e.tests {
		key := cellKey{row, t.Origin}
		if e.cells[key].Kind == sandbox.Slow && e.tried[key] < e.lim.Fuel {
			tests = append(tests, j)
			needed = needed || !e.columnsKnown(t)
		}
	}
	return tests, needed
}

// fuelFactor is how much more fuel a pair has in the next try: a try that fails is a
// small part of the one after it.
const fuelFactor = 16

// fuel is what a pair gets next.
func (e *escalation) fuel(row, test int) uint64 {
	key := cellKey{row, e.tests[test].Origin}
	return nextFuel(e.First, max(e.cells[key].Fuel, e.tried[key]), e.lim.Fuel)
}

func nextFuel(first, had, full uint64) uint64 {
	for fuel := first; fuel <= full/4/fuelFactor; {
		if fuel *= fuelFactor; fuel > had+had/16 { // a pair stops some way beyond its limit
			return fuel
		}
	}
	return full
}

// run runs a batch and adds what it found to the cells.
func (e *escalation) run(ctx context.Context, b batch, found *[]journal.Cell) error {
	lim := e.lim
	lim.Fuel = b.fuel
	if len(b.tests) < len(e.tests) {
		lim.GiveUp = 0 // that goes by the whole of a row, see giveUp
	}
	tests := make([]journal.Test, len(b.tests))
	for k, j := range b.tests {
		tests[k] = e.tests[j]
	}
	e.Progress.Pairs.Plan(len(b.rows)*len(tests), false)
	err := e.runRows(ctx, e.work, b.rows, tests, lim, func(c journal.Cell) error {
		*found = append(*found, c)
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range b.rows {
		e.reach[row] = 2 * max(1, e.reach[row])
		for _, t := range tests {
			key := cellKey{row, t.Origin}
			e.tried[key] = b.fuel
			if kind := e.cells[key].Kind; kind == sandbox.Slow || kind == sandbox.Timeout {
				e.reach[row] = 1
			}
		}
		*found = append(*found, e.giveUp(row)...)
	}
	return nil
}

// giveUp gives the row's slow pairs the verdicts that need no run: those of a solution
// that does not load, and of tests after so many timeouts in a row.
func (e *escalation) giveUp(row int) (found []journal.Cell) {
	timeouts := 0
	for _, t := range e.tests {
		key := cellKey{row, t.Origin}
		v := e.cells[key]
		if v.Broken && v.Kind != sandbox.Slow {
			return e.fill(row, v)
		}
		if v.Kind != sandbox.Timeout {
			timeouts = 0
		} else if timeouts++; timeouts == e.lim.GiveUp {
			detail := fmt.Sprintf("%s: the %d tests before timed out", sandbox.NotRun, timeouts)
			return e.fill(row, sandbox.Verdict{Kind: sandbox.Timeout, Detail: detail})
		}
	}
	return nil
}

// fill gives a row's slow pairs a verdict.
func (e *escalation) fill(row int, v sandbox.Verdict) (found []journal.Cell) {
	for _, t := range e.tests {
		key := cellKey{row, t.Origin}
		if e.cells[key].Kind == sandbox.Slow {
			e.cells[key] = v
			found = append(found, journal.Cell{Origin: t.Origin, Solution: e.first[row], Verdict: v})
		}
	}
	return found
}
