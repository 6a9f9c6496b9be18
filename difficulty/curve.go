package difficulty

import (
	"math"
	"slices"

	"coderm/internal/stats"
)

// Prediction is what is expected of a problem: Solved[b] is the probability
// that the solution chosen after b tests is right, b from 0. Beyond its end the
// curve is flat.
type Prediction struct{ Solved []float64 }

// At is the curve after b tests.
func (p Prediction) At(b int) float64 { return p.Solved[min(b, len(p.Solved)-1)] }

// Curves is what finished problems teach about a new one of which only a
// predicted pass rate is known: for each of them the rate it was predicted, and
// how its probability of a right choice grew with its tests.
type Curves struct {
	Rates  []float64   `json:"rates"`
	Tests  []int       `json:"tests"`  // the grid of the curves
	Solved [][]float64 `json:"solved"` // by problem, then by Tests
}

// bandwidth is how far problems of other predicted pass rates still count: the
// deviation of the Gaussian weights.
const bandwidth = 0.1

// Predict is q(difficulty, tests): the curve expected of a problem with that
// predicted pass rate. More tests are taken never to hurt: before any test,
// nothing tells whom they would.
func (c *Curves) Predict(rate float64) Prediction { return c.Near(rate, bandwidth) }

// Near is the mean curve of the problems with about that rate: the bandwidth is
// the deviation of their Gaussian weights.
func (c *Curves) Near(rate, bandwidth float64) Prediction {
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
	return Interpolate(c.Tests, stats.Isotonic(mean, nil))
}

// Interpolate gives a curve at every number of tests, from its values at some.
func Interpolate(tests []int, solved []float64) Prediction {
	points := make([]stats.Point, len(tests))
	for k, b := range tests {
		points[k] = stats.Point{X: float64(b), Y: solved[k]}
	}
	out := make([]float64, slices.Max(tests)+1)
	for b := range out {
		out[b] = stats.Interpolate(points, float64(b))
	}
	return Prediction{Solved: out}
}
