package rerank

import "coderm/kernels/bits"

// counts gives, for each row, how many columns it passes and how many ran.
func (m *Matrix) counts() (pass, ran []int) {
	passBy, ranBy := m.plane[planePass].Transpose(), m.plane[planeRan].Transpose()
	pass, ran = make([]int, m.rows), make([]int, m.rows)
	for i := range m.rows {
		pass[i], ran[i] = bits.Count(passBy.Row(i)), bits.Count(ranBy.Row(i))
	}
	return pass, ran
}

// Methods returns the matrix without its groups: every column is a test.
func (m *Matrix) Methods() *Matrix {
	out := *m
	out.groups = nil
	return &out
}
