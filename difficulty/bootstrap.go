package difficulty

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Interval is a statistic of problems with the bounds that hold 95 % of its
// bootstrap values.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// bootstrapDraws is enough for the second digit of a percentage at the 2.5th
// percentile.
const bootstrapDraws = 2000

// bootstrap gives the percentile interval of a mean over resampled problems
// (Efron 1979). The same seed draws the same problems.
func bootstrap(values []float64, seed uint64) Interval {
	return percentiles(mean(values), len(values), seed, func(pick []int) float64 {
		sum := 0.0
		for _, i := range pick {
			sum += values[i]
		}
		return sum / float64(len(pick))
	})
}

// bootstrapPairs does the same for a statistic of two values a problem.
func bootstrapPairs(x, y []float64, seed uint64, f func(x, y []float64) float64) Interval {
	bx, by := make([]float64, len(x)), make([]float64, len(y))
	return percentiles(f(x, y), len(x), seed, func(pick []int) float64 {
		for k, i := range pick {
			bx[k], by[k] = x[i], y[i]
		}
		return f(bx, by)
	})
}

func percentiles(value float64, n int, seed uint64, f func(pick []int) float64) Interval {
	rng := rand.New(rand.NewPCG(seed, 0x626f6f74))
	values := make([]float64, bootstrapDraws)
	pick := make([]int, n)
	for d := range values {
		for k := range pick {
			pick[k] = rng.IntN(n)
		}
		values[d] = f(pick)
	}
	slices.Sort(values)
	at := func(q float64) float64 { return values[int(math.Round(q*(bootstrapDraws-1)))] }
	return Interval{value, at(0.025), at(0.975)}
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// meanError is a mean and its standard error.
func meanError(v []float64) (m, se float64) {
	m = mean(v)
	for _, x := range v {
		se += (x - m) * (x - m)
	}
	n := float64(len(v))
	return m, math.Sqrt(se/max(1, n-1)) / math.Sqrt(n)
}
