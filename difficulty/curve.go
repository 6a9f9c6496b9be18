package difficulty

import (
	"math"
	"slices"
)

// Curves is what finished problems teach about a new one of which only a
// predicted pass rate is known: for each of them the rate it was predicted, and
// how its probability of a right choice grew with its tests.
type Curves struct {
	Rates  []float64   `json:"rates"`
	Tests  []int       `json:"tests"`  // the grid of the curves
	Solved [][]float64 `json:"solved"` // by problem, then by Tests
}

// How far problems of other pass rates still count: the deviation of the
// Gaussian weights. Predicted rates are less sharp than true ones.
const (
	bandwidth     = 0.1
	trueBandwidth = 0.03
)

// newCurves takes the mean curve of each case over its orders.
func newCurves(ds draws, rates []float64) *Curves {
	c := &Curves{Rates: rates}
	most := 0
	for _, t := range ds[0] {
		most = max(most, len(t.order))
	}
	c.Tests = append([]int{0}, grid(most)...)
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

// Predict is q(difficulty, tests): the curve expected of a problem with that
// predicted pass rate. More tests are taken never to hurt: before any test,
// nothing tells whom they would.
func (c *Curves) Predict(rate float64) Prediction { return c.near(rate, bandwidth) }

func (c *Curves) near(rate, bandwidth float64) Prediction {
	mean := make([]float64, len(c.Tests))
	total := 0.0
	for i, r := range c.Rates {
		w := math.Exp(-(r-rate)*(r-rate)/(2*bandwidth*bandwidth)) + 1e-9
		total += w
		for k, s := range c.Solved[i] {
			mean[k] += w * s
		}
	}
	for k := range mean {
		mean[k] /= total
	}
	return Prediction{Solved: filled(c.Tests, isotonic(mean, nil))}
}

// filled gives a curve at every number of tests, from its values at some.
func filled(tests []int, solved []float64) []float64 {
	points := make([]point, len(tests))
	for k, b := range tests {
		points[k] = point{float64(b), solved[k]}
	}
	out := make([]float64, slices.Max(tests)+1)
	for b := range out {
		out[b] = interpolate(points, float64(b))
	}
	return out
}
