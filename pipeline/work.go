package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// work is one problem on its way: what is known of it so far.
type work struct {
	number    int
	problem   problem.Problem
	solutions []problem.Solution

	// Identical candidates are run once: rows are the distinct programs.
	rows  []string
	first []int // by row: the first solution with this text
	rowOf []int // by solution

	granted int // generations that count: those before it
	samples map[int]journal.Sample
	public  []journal.Test
	cells   map[cellKey]sandbox.Verdict
	calls   []journal.Test // that were observed
	seen    map[cellKey]problem.Observation
	made    map[problem.Origin][]journal.Made
	watched map[problem.Origin]bool // journal.State.Watched
	truth   []bool                  // by row, whether it is right; nil until known
	wrong   []problem.Wrong         // by row, why it is wrong
	hidden  []float32
	choice  *journal.Choice // as recorded by an earlier run
	notes   map[journal.Note]string
}

type cellKey struct {
	row  int
	test problem.Origin
}

// loadWork prepares a problem with everything the journal has on it; with distinct,
// equal tests count once.
func loadWork(ctx context.Context, j *journal.Journal, number int, distinct bool) (*work, error) {
	in, err := j.Input(ctx, number)
	if err != nil {
		return nil, err
	}
	w := newWork(number, in)
	facts, err := j.Load(ctx, number)
	if err != nil {
		return nil, w.named(err)
	}
	for _, s := range facts.Samples {
		w.samples[s.Generation] = s
		w.granted = max(w.granted, s.Generation+1)
	}
	if distinct {
		w.dropRepeats()
	}
	for _, c := range facts.Cells {
		w.cells[cellKey{w.rowOf[c.Solution], c.Origin}] = c.Verdict
	}
	w.addObserved(facts.Calls, facts.Seen, facts.Made)
	w.watched = facts.Watched
	w.setTruth(facts.Truth)
	w.public, w.hidden, w.choice, w.notes = facts.Public, facts.Hidden, facts.Choice, facts.Notes
	return w, nil
}

// newWork is a problem as it was given.
func newWork(number int, in journal.Input) *work {
	w := &work{
		number: number, problem: in.Problem, solutions: in.Solutions,
		samples: map[int]journal.Sample{}, cells: map[cellKey]sandbox.Verdict{},
		seen: map[cellKey]problem.Observation{}, made: map[problem.Origin][]journal.Made{}, watched: map[problem.Origin]bool{},
	}
	rowOf := map[string]int{}
	for i, s := range in.Solutions {
		row, ok := rowOf[s.Code]
		if !ok {
			row = len(w.rows)
			rowOf[s.Code] = row
			w.rows = append(w.rows, s.Code)
			w.first = append(w.first, i)
		}
		w.rowOf = append(w.rowOf, row)
	}
	return w
}

// task is what a source may look at.
func (w *work) task() Task {
	return Task{Number: w.number, Problem: w.problem, Candidates: w.rows}
}

// setTruth takes the truth by solution, if it is known of all.
func (w *work) setTruth(bySolution map[int]journal.Judged) {
	if len(bySolution) < len(w.rows) || len(w.rows) == 0 {
		return
	}
	w.truth, w.wrong = make([]bool, len(w.rows)), make([]problem.Wrong, len(w.rows))
	for sol, j := range bySolution {
		w.truth[w.rowOf[sol]], w.wrong[w.rowOf[sol]] = j.Right, j.Why
	}
}

// programs lists what runs for the rows.
func (w *work) programs() []string {
	out := make([]string, len(w.rows))
	for i, code := range w.rows {
		out[i] = w.problem.Program(code)
	}
	return out
}

// named says which problem an error is of; nil stays nil.
func (w *work) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", w.problem.ID, err)
}

// tests lists the tests of some generations.
func (w *work) tests(first, end int) (out []journal.Test) {
	for g := first; g < end; g++ {
		out = append(out, w.samples[g].Tests...)
	}
	return out
}

// ran tells whether every solution has a verdict on the test.
func (w *work) ran(t journal.Test) bool {
	for row := range w.rows {
		if _, ok := w.cells[cellKey{row, t.Origin}]; !ok {
			return false
		}
	}
	return true
}

// pairs is how many pairs are to be run of tests: all of them or none, for a row gives
// up after so many timeouts in a row, so half a row would not end as a whole one does.
func (w *work) pairs(tests []journal.Test) int {
	tests = w.withVerdict(tests)
	for _, t := range tests {
		if !w.ran(t) {
			return len(tests) * len(w.rows)
		}
	}
	return 0
}

// column is the smallest thing that passes or fails alone: a test, or one method
// of it.
type column struct {
	test   journal.Test
	method string // "" when the test counts as a whole
}

// columns lists the columns of all tests drawn so far, and for each generation
// that gave a test the columns it owns. A unittest program counts by method,
// the union of the methods that ran on any solution; any other test counts by
// itself, so that the same assert drawn twice is one column of two groups. An input
// alone is no column.
func (w *work) columns() (cols []column, groups [][]int) {
	byTest := map[problem.Test]int{}
	for _, g := range slices.Sorted(maps.Keys(w.samples)) {
		if g >= w.granted {
			continue
		}
		var group []int
		for _, t := range w.samples[g].Tests {
			if w.noVerdict(t) {
				continue
			}
			methods := w.methods(t)
			if len(methods) >= 2 {
				for _, m := range methods {
					group = append(group, len(cols))
					cols = append(cols, column{t, m})
				}
				continue
			}
			j, ok := byTest[t.Test]
			if !ok {
				j = len(cols)
				byTest[t.Test] = j
				cols = append(cols, column{test: t})
			}
			group = append(group, j) // an assert said twice counts twice
		}
		if len(group) > 0 {
			groups = append(groups, group)
		}
	}
	return cols, groups
}

func (w *work) methods(t journal.Test) []string {
	var names []string
	seen := map[string]bool{}
	for row := range w.rows {
		for _, m := range w.cells[cellKey{row, t.Origin}].Methods {
			if !seen[m.Name] {
				seen[m.Name] = true
				names = append(names, m.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// weights is how many solutions each row stands for.
func (w *work) weights() []int {
	n := make([]int, len(w.rows))
	for _, row := range w.rowOf {
		n[row]++
	}
	return n
}

// shown is the evidence of the public tests alone.
func (w *work) shown() rerank.Evidence { return w.evidenceOn(nil, nil, nil) }

// evidence is everything run so far, as selectors see it.
func (w *work) evidence() rerank.Evidence {
	cols, groups := w.columns()
	return w.evidenceOn(cols, groups, w.observed())
}

// evidenceOn is evidence where its parts are known.
func (w *work) evidenceOn(cols []column, groups [][]int, calls []Observed) rerank.Evidence {
	m := rerank.NewMatrix(len(w.rows), len(cols))
	m.Group(groups)
	m.ByText(func(j int) bool { return cols[j].test.Kind == problem.Assert })
	for row, n := range w.weights() {
		m.SetWeight(row, n)
		for j, c := range cols {
			if v, ok := w.cells[cellKey{row, c.test.Origin}]; ok {
				m.Set(row, j, Outcome(v, c.method))
			}
		}
	}
	_, outcomes := w.publicOutcomes()
	return rerank.Evidence{Matrix: m, Public: outcomes, Outputs: Outputs(calls, len(w.rows), w.madeBy(cols, calls))}
}

// publicOutcomes lists the public tests and their outcomes by row.
func (w *work) publicOutcomes() (tests []problem.Test, outcomes [][]rerank.Outcome) {
	for _, t := range w.public {
		tests = append(tests, t.Test)
	}
	if len(tests) == 0 {
		return nil, nil
	}
	outcomes = make([][]rerank.Outcome, len(w.rows))
	for row := range outcomes {
		outcomes[row] = make([]rerank.Outcome, len(tests))
		for j, t := range w.public {
			if v, ok := w.cells[cellKey{row, t.Origin}]; ok {
				outcomes[row][j] = Outcome(v, "")
			}
		}
	}
	return tests, outcomes
}

// Outcome is the verdict of a column: a whole test where the method is "". A method that
// never got to run (the program died before it) has the program's verdict.
func Outcome(v sandbox.Verdict, method string) rerank.Outcome {
	if v.Broken && v.Kind != sandbox.Slow {
		return rerank.Broken
	}
	kind := v.Kind
	if method != "" {
		if i := slices.IndexFunc(v.Methods, func(m sandbox.Method) bool { return m.Name == method }); i >= 0 {
			kind = v.Methods[i].Kind
		} else if kind == sandbox.Pass {
			return rerank.Unrun
		}
	}
	switch kind {
	case sandbox.Pass:
		return rerank.Pass
	case sandbox.Fail:
		return rerank.Fail
	case sandbox.Error, sandbox.Crash:
		return rerank.Error
	case sandbox.Timeout, sandbox.Memory:
		return rerank.Timeout
	case sandbox.Slow:
		return rerank.Slow
	}
	return rerank.Unrun
}
