package rerank

import (
	mathbits "math/bits"

	"coderm/kernels/bits"
)

// repeats is how often column j was generated.
func (m *Matrix) repeats(j int) int {
	if m.repeat == nil {
		return 1
	}
	return m.repeat[j]
}

// generated is the number of tests generated, repeats included.
func (m *Matrix) generated() int {
	if m.repeat == nil {
		return m.cols
	}
	n := 0
	for _, c := range m.repeat {
		n += c
	}
	return n
}

// counter counts a row's columns, each as often as it was generated. The
// repeats are spread over bit planes by their binary digits, so that a weighted
// count is a few popcounts.
type counter struct {
	digit []*bits.Matrix // digit[b] has the columns whose repeats have bit b, one row
}

func (m *Matrix) counter() counter {
	top := 1
	for j := range m.cols {
		top = max(top, m.repeats(j))
	}
	c := counter{make([]*bits.Matrix, mathbits.Len(uint(top)))}
	for b := range c.digit {
		c.digit[b] = bits.New(1, m.cols)
		for j := range m.cols {
			c.digit[b].Set(0, j, m.repeats(j)>>b&1 == 1)
		}
	}
	return c
}

func (c counter) count(row []uint64) int {
	n := 0
	for b, d := range c.digit {
		n += bits.CountAnd(row, d.Row(0)) << b
	}
	return n
}

// countPlane gives each row's count of one plane.
func (m *Matrix) countPlane(p int) []int {
	c, rows := m.counter(), m.plane[p].Transpose()
	out := make([]int, m.rows)
	for i := range out {
		out[i] = c.count(rows.Row(i))
	}
	return out
}

// support is the weight of the solutions that pass each column.
func (m *Matrix) support() []int {
	out := make([]int, m.cols)
	for j := range out {
		bits.Ones(m.plane[planePass].Row(j), func(i int) { out[j] += m.weight[i] })
	}
	return out
}
