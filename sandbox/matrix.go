package sandbox

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"coderm/problem"
)

// Matrix runs every solution against every test and hands over the verdicts
// [len(solutions) × len(tests)] as they come, in no fixed order, never
// concurrently. Identical solutions and tests run once and are reported for every
// cell. An error of yield ends the work and is returned.
func (s *Sandbox) Matrix(ctx context.Context, solutions []string, tests []problem.Test, lim Limits, yield func(i, j int, v Verdict) error) error {
	return s.Cells(ctx, solutions, tests, lim, nil, yield)
}

// Cells is Matrix for the cells that want chooses (nil: all), for instance
// those that timed out and deserve more fuel.
func (s *Sandbox) Cells(ctx context.Context, solutions []string, tests []problem.Test, lim Limits, want func(i, j int) bool, yield func(i, j int, v Verdict) error) error {
	if err := lim.Check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	for _, t := range tests {
		if err := CanRun(t); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	lim = lim.withDefaults()
	defer s.ticks.use()()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	m := newMatrixJob(s, solutions, tests, lim, want)
	var err error
	if m.guests, err = s.guests(ctx, m.running(), texts(m.tests.list)); err != nil {
		return err
	}
	go m.work(ctx)
	for cells := range m.cells {
		for _, c := range cells {
			// After an error the rest is only drained, so that the workers end.
			if ctx.Err() == nil {
				if err := m.report(c, yield); err != nil {
					cancel(err)
				}
			}
		}
	}
	return context.Cause(ctx)
}

// report hands over a verdict for each place that its solution and test have.
func (m *matrixJob) report(c cell, yield func(i, j int, v Verdict) error) error {
	for _, i := range m.solutions.places[c.solution] {
		for _, j := range m.tests.places[c.test] {
			if m.want != nil && !m.want(i, j) {
				continue
			}
			if err := yield(i, j, c.verdict); err != nil {
				return err
			}
		}
	}
	return nil
}

// places are distinct values with the places where each stood.
type places[T comparable] struct {
	list   []T
	places [][]int
}

func distinct[T comparable](all []T) places[T] {
	var t places[T]
	seen := make(map[T]int, len(all))
	for i, s := range all {
		k, ok := seen[s]
		if !ok {
			k = len(t.list)
			seen[s] = k
			t.list = append(t.list, s)
			t.places = append(t.places, nil)
		}
		t.places[k] = append(t.places[k], i)
	}
	return t
}

// matrixJob is one Matrix call at work, on distinct solutions and tests.
type matrixJob struct {
	s         *Sandbox
	solutions places[string]
	tests     places[problem.Test]
	lim       Limits
	want      func(i, j int) bool // nil: all cells
	rows      [][]int             // distinct tests that each distinct solution needs
	ready     []compiled
	packaged  []compiled // the same with traces of their own: for the guest with packages, if it is needed
	guests    guests
	cells     chan []cell
}

// cell is a verdict on its way to the caller.
type cell struct {
	solution, test int
	verdict        Verdict
}

func newMatrixJob(s *Sandbox, solutions []string, tests []problem.Test, lim Limits, want func(i, j int) bool) *matrixJob {
	m := &matrixJob{s: s, lim: lim, want: want, solutions: distinct(solutions), tests: distinct(tests)}
	m.ready = make([]compiled, len(m.tests.list))
	m.cells = make(chan []cell, 4*s.opt.Workers) // so that a worker seldom waits for yield
	m.rows = make([][]int, len(m.solutions.list))
	for u := range m.rows {
		for v := range m.tests.list {
			if want == nil || m.wanted(u, v) {
				m.rows[u] = append(m.rows[u], v)
			}
		}
	}
	return m
}

func (m *matrixJob) wanted(u, v int) bool {
	for _, i := range m.solutions.places[u] {
		for _, j := range m.tests.places[v] {
			if m.want(i, j) {
				return true
			}
		}
	}
	return false
}

// work feeds the workers: first the tests to compile, then the rows.
func (m *matrixJob) work(ctx context.Context) {
	defer close(m.cells)
	m.s.each(ctx, spread(m.needed(), m.s.opt.Workers), func(w *worker, _ int, tests []int) {
		for _, v := range tests {
			if ctx.Err() != nil {
				return
			}
			m.ready[v] = w.prepare(ctx, m.tests.list[v], m.lim)
		}
	})
	if m.guests.packages != nil {
		m.packaged = slices.Clone(m.ready)
	}
	if len(m.rows) > 1 {
		withTraces(m.ready)
		withTraces(m.packaged)
	}
	// A matrix of few rows is cut into more pieces, each of which loads the
	// solution again; not where timeouts are counted along the row.
	pieces := 1
	if rows := len(m.rows); m.lim.GiveUp == 0 && rows < 2*m.s.opt.Workers && rows > 0 {
		pieces = (2*m.s.opt.Workers + rows - 1) / rows
	}
	var parts [][]int
	var of []int
	for u := range m.rows {
		for _, row := range m.byGuest(u) {
			for _, part := range spread(row, pieces) {
				parts, of = append(parts, part), append(of, u)
			}
		}
	}
	m.s.each(ctx, parts, func(w *worker, k int, tests []int) { m.row(ctx, w, of[k], tests) })
}

// Verdicts go to the caller some at a time: to wake it for each would take longer
// than many a pair.
const (
	maxCells = 64
	cellsFor = 20 * time.Millisecond // how long the first of them waits for others
)

// running are the solutions' texts, "" for one that nobody wants a cell of.
func (m *matrixJob) running() []string {
	list := slices.Clone(m.solutions.list)
	for u, row := range m.rows {
		if len(row) == 0 {
			list[u] = ""
		}
	}
	return list
}

// byGuest cuts a row in two: its tests in the library's guest, and those with packages.
func (m *matrixJob) byGuest(u int) [2][]int {
	var parts [2][]int
	for _, v := range m.rows[u] {
		k := 0
		if m.guests.packaged(u, v) {
			k = 1
		}
		parts[k] = append(parts[k], v)
	}
	return parts
}

// row runs some of a solution's tests, all in one guest.
func (m *matrixJob) row(ctx context.Context, w *worker, u int, tests []int) {
	e, all := m.guests.of(u, tests[0]), m.ready
	if e == m.guests.packages {
		all = m.packaged
	}
	ready := make([]compiled, len(tests))
	for k, v := range tests {
		ready[k] = all[v]
	}
	lim := e.limits(m.lim)
	var cells []cell
	last := time.Now()
	send := func() bool {
		select {
		case m.cells <- cells:
			cells, last = nil, time.Now()
			return true
		case <-ctx.Done():
			return false
		}
	}
	yield := func(k int, v Verdict) bool {
		cells = append(cells, cell{u, tests[k], v})
		return len(cells) < maxCells && time.Since(last) < cellsFor || send()
	}
	if in, err := w.in(e, lim); err == nil {
		in.row(ctx, m.solutions.list[u], ready, lim, yield)
	} else {
		for k := range tests {
			if !yield(k, ownFault(err)) {
				return
			}
		}
	}
	send()
}

// needed lists the tests that any row needs.
func (m *matrixJob) needed() []int {
	used := make([]bool, len(m.tests.list))
	for _, row := range m.rows {
		for _, v := range row {
			used[v] = true
		}
	}
	var out []int
	for v, ok := range used {
		if ok {
			out = append(out, v)
		}
	}
	return out
}

// each runs f on the parts, spread over the workers, and waits.
func (s *Sandbox) each(ctx context.Context, parts [][]int, f func(w *worker, k int, part []int)) {
	var wg sync.WaitGroup
	for k, part := range parts {
		wg.Add(1)
		if !s.do(ctx, func(w *worker) {
			defer wg.Done()
			f(w, k, part)
		}) {
			wg.Done()
			break
		}
	}
	wg.Wait()
}

// minPart is the least number of tests worth a piece of work of their own.
const minPart = 8

// spread cuts list into at most n parts of about equal length.
func spread(list []int, n int) [][]int {
	n = max(1, min(n, len(list)/minPart))
	var parts [][]int
	for k := range n {
		if part := list[k*len(list)/n : (k+1)*len(list)/n]; len(part) > 0 {
			parts = append(parts, part)
		}
	}
	return parts
}
