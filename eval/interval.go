package eval

import (
	"math/rand/v2"
	"slices"
)

// Interval is a mean over problems with the bounds that hold 95 % of the
// bootstrap's means; all are shares, 0 to 1.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// bootstrapDraws resamples of the problems: enough for the second digit of a
// percentage at the 2.5th percentile.
const bootstrapDraws = 2000

// Bootstrap gives the mean of per-problem values with its percentile interval
// over resampled problems (Efron 1979). The same seed draws the same problems,
// so intervals of several selectors are comparable.
func Bootstrap(values []float64, seed uint64) Interval {
	if len(values) == 0 {
		return Interval{}
	}
	r := rand.New(rand.NewPCG(seed, 0x626f6f74))
	means := make([]float64, bootstrapDraws)
	for d := range means {
		sum := 0.0
		for range values {
			sum += values[r.IntN(len(values))]
		}
		means[d] = sum / float64(len(values))
	}
	slices.Sort(means)
	return Interval{mean(values), quantile(means, 0.025), quantile(means, 0.975)}
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// quantile interpolates between the order statistics of sorted values.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	if low+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}
