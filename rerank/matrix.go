package rerank

import (
	"fmt"
	"slices"

	"coderm/kernels/bits"
)

// The bit planes an outcome is spread over; every plane is tests × solutions,
// so that picking tests is copying rows.
const (
	planePass = iota
	planeRan
	planeRaised // Error, Broken
	planeStuck  // Timeout, Broken, Slow
	planeSlow   // Slow
	planes
)

var planesOf = [...][planes]bool{
	Unrun:   {},
	Pass:    {planePass: true, planeRan: true},
	Fail:    {planeRan: true},
	Error:   {planeRan: true, planeRaised: true},
	Timeout: {planeRan: true, planeStuck: true},
	Broken:  {planeRan: true, planeRaised: true, planeStuck: true},
	Slow:    {planeRan: true, planeStuck: true, planeSlow: true},
}

// Matrix holds the outcomes of solutions (rows) × tests (columns).
//
// A row may stand for several identical solutions: its weight is how often it
// was sampled. A column is the smallest thing that can pass on its own: a test
// method or an assert statement. A generated test, one unit of budget, is a
// group of columns and passes when all of them do; without groups every column
// is a generated test of its own.
type Matrix struct {
	rows, cols int
	plane      [planes]*bits.Matrix
	weight     []int
	groups     [][]int // nil: one per column
	repeat     []int   // how many generated tests hold the column; nil: one each
	texts      []bool  // columns that are told apart by their text, see ByText; nil: none
}

// NewMatrix returns a matrix in which nothing has run yet, every row of
// weight 1.
func NewMatrix(rows, cols int) *Matrix {
	m := &Matrix{rows: rows, cols: cols, weight: make([]int, rows)}
	for p := range m.plane {
		m.plane[p] = bits.New(cols, rows)
	}
	for i := range m.weight {
		m.weight[i] = 1
	}
	return m
}

// Rows is the number of distinct solutions.
func (m *Matrix) Rows() int { return m.rows }

// Cols is the number of columns.
func (m *Matrix) Cols() int { return m.cols }

// Set records the outcome of test column j on solution i.
func (m *Matrix) Set(i, j int, o Outcome) {
	for p, on := range planesOf[o] {
		m.plane[p].Set(j, i, on)
	}
}

// SetPass records a bare pass or fail.
func (m *Matrix) SetPass(i, j int, pass bool) {
	o := Fail
	if pass {
		o = Pass
	}
	m.Set(i, j, o)
}

// At is the outcome of column j on solution i.
func (m *Matrix) At(i, j int) Outcome {
	raised, stuck := m.plane[planeRaised].Get(j, i), m.plane[planeStuck].Get(j, i)
	switch {
	case m.plane[planePass].Get(j, i):
		return Pass
	case !m.plane[planeRan].Get(j, i):
		return Unrun
	case m.plane[planeSlow].Get(j, i):
		return Slow
	case raised && stuck:
		return Broken
	case raised:
		return Error
	case stuck:
		return Timeout
	}
	return Fail
}

// SetWeight says that solution i was sampled n times. A row of weight 0 is not
// a candidate: selectors leave it out.
func (m *Matrix) SetWeight(i, n int) { m.weight[i] = n }

// Weight is how often solution i was sampled.
func (m *Matrix) Weight(i int) int { return m.weight[i] }

// TotalWeight is the number of samples.
func (m *Matrix) TotalWeight() int {
	n := 0
	for _, w := range m.weight {
		n += w
	}
	return n
}

// Group says which columns make up each generated test; a column may belong to
// several (the same assert generated twice). It panics on a column out of
// range, as an index would.
func (m *Matrix) Group(groups [][]int) {
	for _, g := range groups {
		for _, j := range g {
			if j < 0 || j >= m.cols {
				panic(fmt.Sprintf("rerank: column %d of %d in a group", j, m.cols))
			}
		}
	}
	m.groups = groups
}

// ByText says which columns are texts: the same assert generated twice is one
// column in two groups. Then how often a column repeats tells how sure the
// generator is of it, which some selectors use. Test methods of generated
// classes hardly ever repeat literally, so there it tells nothing.
func (m *Matrix) ByText(is func(j int) bool) {
	texts, some := make([]bool, m.cols), false
	for j := range texts {
		texts[j] = is(j)
		some = some || texts[j]
	}
	m.texts = nil
	if some {
		m.texts = texts
	}
}

// Tests is the number of generated tests.
func (m *Matrix) Tests() int {
	if m.groups == nil {
		return m.cols
	}
	return len(m.groups)
}

// Passes tells whether solution i passes column j.
func (m *Matrix) Passes(i, j int) bool { return m.plane[planePass].Get(j, i) }

// Classes returns the matrix with one column per generated test: Pass where all
// its columns pass, Unrun where none failed but some did not run, else the
// first failure in the test's order. A test without columns is left out: it
// checks nothing, and must not pass everything.
func (m *Matrix) Classes() *Matrix {
	if m.groups == nil {
		return m
	}
	kept := make([][]int, 0, len(m.groups))
	for _, g := range m.groups {
		if len(g) > 0 {
			kept = append(kept, g)
		}
	}
	out := NewMatrix(m.rows, len(kept))
	copy(out.weight, m.weight)
	failed := make([]uint64, (m.rows+63)/64)
	for k, g := range kept {
		clear(failed)
		for n, j := range g {
			for p := range planes {
				src, dst := m.plane[p].Row(j), out.plane[p].Row(k)
				switch {
				case n == 0:
					copy(dst, src)
				case p == planePass:
					bits.And(dst, src)
				default:
					mergeUnlessFailed(dst, src, failed)
				}
			}
			// Past its first failure a test's outcome is settled.
			pass, ran := m.plane[planePass].Row(j), m.plane[planeRan].Row(j)
			for w := range failed {
				failed[w] |= ran[w] &^ pass[w]
			}
		}
		// Nothing failed, but something did not run: unknown.
		pass, ran := out.plane[planePass].Row(k), out.plane[planeRan].Row(k)
		for w := range failed {
			ran[w] = pass[w] | failed[w]
		}
	}
	return out
}

// mergeUnlessFailed takes src's bits where the test has not failed yet.
func mergeUnlessFailed(dst, src, failed []uint64) {
	for w := range dst {
		dst[w] = dst[w]&failed[w] | src[w]&^failed[w]
	}
}

// Methods returns the matrix without its groups: every column is a test of its
// own, counted as often as it was generated. A column in no group is left out.
func (m *Matrix) Methods() *Matrix {
	if m.groups == nil {
		return m
	}
	repeat := make([]int, m.cols)
	for _, g := range m.groups {
		for _, j := range g {
			repeat[j]++
		}
	}
	var cols, kept []int
	for j, n := range repeat {
		if n > 0 {
			cols, kept = append(cols, j), append(kept, n)
		}
	}
	out := m
	if len(cols) < m.cols {
		ungrouped := *m
		ungrouped.groups = nil
		out = ungrouped.Select(cols)
	}
	flat := *out
	flat.groups, flat.repeat = nil, kept
	return &flat
}

// Split returns the matrix in which every generated column is a test of its
// own: the unit of budget is the method or assert, repeats included.
func (m *Matrix) Split() *Matrix {
	if m.groups == nil {
		return m
	}
	var groups [][]int
	for _, g := range m.groups {
		for _, j := range g {
			groups = append(groups, []int{j})
		}
	}
	out := *m
	out.groups = groups
	return &out
}

// Select returns the matrix of the given generated tests only, in that order,
// with the columns they use. The weights are copied; the cells are, too, but by
// whole columns, so that resampling thousands of times stays cheap.
func (m *Matrix) Select(tests []int) *Matrix {
	out, _ := m.pick(tests)
	return out
}

// pick is Select, and tells which columns they are.
func (m *Matrix) pick(tests []int) (out *Matrix, cols []int) {
	cols, groups := tests, [][]int(nil)
	if m.groups != nil {
		cols, groups = m.used(tests)
	}
	out = &Matrix{rows: m.rows, cols: len(cols), weight: slices.Clone(m.weight), groups: groups}
	if m.repeat != nil {
		out.repeat = make([]int, len(cols))
		for k, j := range cols {
			out.repeat[k] = m.repeat[j]
		}
	}
	if m.texts != nil {
		out.texts = make([]bool, len(cols))
		for k, j := range cols {
			out.texts[k] = m.texts[j]
		}
	}
	for p := range m.plane {
		out.plane[p] = m.plane[p].SelectRows(cols)
	}
	return out, cols
}

// used lists the columns of some tests by first use, and the tests renumbered
// to them.
func (m *Matrix) used(tests []int) (cols []int, groups [][]int) {
	place := make([]int, m.cols) // 1 + new number
	groups = make([][]int, len(tests))
	for k, t := range tests {
		g := make([]int, len(m.groups[t]))
		for n, j := range m.groups[t] {
			if place[j] == 0 {
				cols = append(cols, j)
				place[j] = len(cols)
			}
			g[n] = place[j] - 1
		}
		groups[k] = g
	}
	return cols, groups
}

// Reweigh returns a matrix that shares the cells and has other weights, e.g. of
// a subset of the samples.
func (m *Matrix) Reweigh(weight []int) *Matrix {
	if len(weight) != m.rows {
		panic(fmt.Sprintf("rerank: %d weights for %d rows", len(weight), m.rows))
	}
	out := *m
	out.weight = weight
	return &out
}
