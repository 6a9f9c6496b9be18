// Package stats holds the statistics that several rooms need: confidence
// intervals over problems, by resampling them (Efron 1979), monotone and
// concave curves, and the folds of a cross-validation.
package stats

import (
	"slices"

	"gonum.org/v1/gonum/stat"

	"coderm/internal/seed"
)

// Interval is a statistic of problems with the bounds that hold 95 % of its
// values over resampled problems.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// draws is enough for the second digit of a percentage at the 2.5th percentile.
const draws = 2000

// BootstrapMean is the mean of per-problem values with its interval; zero
// without any. The same seed draws the same problems, so intervals of several
// selectors or policies are comparable.
func BootstrapMean(values []float64, root uint64) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	return percentiles(stat.Mean(values, nil), len(values), root, func(pick []int) float64 {
		sum := 0.0
		for _, i := range pick {
			sum += values[i]
		}
		return sum / float64(len(pick))
	})
}

// BootstrapPairs is a statistic f of two values a problem, with its interval.
func BootstrapPairs(x, y []float64, root uint64, f func(x, y []float64) float64) Interval {
	bx, by := make([]float64, len(x)), make([]float64, len(y))
	return percentiles(f(x, y), len(x), root, func(pick []int) float64 {
		for k, i := range pick {
			bx[k], by[k] = x[i], y[i]
		}
		return f(bx, by)
	})
}

// percentiles is the percentile interval of f over resamples of n problems.
func percentiles(value float64, n int, root uint64, f func(pick []int) float64) Interval {
	rng := seed.Bootstrap(root)
	values := make([]float64, draws)
	pick := make([]int, n)
	for d := range values {
		for k := range pick {
			pick[k] = rng.IntN(n)
		}
		values[d] = f(pick)
	}
	slices.Sort(values)
	return Interval{value, quantile(values, 0.025), quantile(values, 0.975)}
}

// quantile interpolates between the order statistics of sorted values (type 7
// of Hyndman and Fan 1996).
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
