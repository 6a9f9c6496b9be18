package kernels

import (
	"math"
	"math/rand/v2"

	"github.com/x448/float16"
)

const hidden = 0xFC00 // -Inf as a half

func half(x float64) uint16 { return float16.Fromfloat32(float32(x)).Bits() }

// randomAttention has scores of the given spread.
func randomAttention(r *rand.Rand, a attention, spread float64) *attention {
	normal := func(n int, sd float64) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64() * sd)
		}
		return x
	}
	halves := func(n int) []uint16 {
		x := make([]uint16, n)
		for i := range x {
			x[i] = half(r.NormFloat64())
		}
		return x
	}
	a.q = normal(a.tokens*a.heads*a.dk, spread)
	a.k, a.v = halves(a.cells*a.kvHeads*a.dk), halves(a.cells*a.kvHeads*a.dv)
	a.scale = float32(1 / math.Sqrt(float64(a.dk)))
	return &a
}

// causal hides what comes after each of the last tokens.
func (a *attention) causal() {
	a.mask = make([]uint16, a.tokens*a.cells)
	for t := range a.tokens {
		for c := max(0, a.cells-a.tokens+t+1); c < a.cells; c++ {
			a.mask[t*a.cells+c] = hidden
		}
	}
}
