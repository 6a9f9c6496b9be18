package replay

import (
	"coderm/budget"
	"coderm/difficulty"
)

// newCurves takes the mean curve of each case over its orders.
func newCurves(ds draws, rates []float64) *difficulty.Curves {
	c := &difficulty.Curves{Rates: rates}
	most := 0
	for _, t := range ds[0] {
		most = max(most, len(t.order))
	}
	c.Tests = append([]int{0}, budget.Stops(most)...)
	for i := range ds[0] {
		c.Solved = append(c.Solved, ds.curve(i, c.Tests))
	}
	return c
}

// curve is a case's mean over its orders, at some numbers of tests.
func (ds draws) curve(i int, tests []int) []float64 {
	out := make([]float64, len(tests))
	for k, b := range tests {
		for _, traces := range ds {
			out[k] += traces[i].at(b).solved / float64(len(ds))
		}
	}
	return out
}
