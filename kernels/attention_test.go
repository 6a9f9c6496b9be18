package kernels

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/cputime"
)

const hidden = 0xFC00 // -Inf as a half

// half is x rounded to the nearest half, for |x| from 2^-14 to 65504; else 0.
func half(x float64) uint16 {
	frac, exp := math.Frexp(math.Abs(x)) // in [1/2, 1)
	m := uint16(math.Round(frac * 2048)) // 1024 to 2048
	if x == 0 || exp < -13 {
		return 0
	}
	h := uint16(exp+14)<<10 + m - 1024
	if x < 0 {
		h |= 0x8000
	}
	return h
}

func unhalf(h uint16) float64 {
	e, f := int(h>>10&31), float64(h&0x3FF)
	x := math.Ldexp(1024+f, e-25)
	switch {
	case e == 0:
		x = math.Ldexp(f, -24)
	case e == 31:
		x = math.Inf(1)
	}
	if h&0x8000 != 0 {
		x = -x
	}
	return x
}

// reference is the textbook's softmax(q·kᵀ·scale + mask)·v.
func (a *attention) reference() []float32 {
	out := make([]float32, a.tokens*a.heads*a.dv)
	scores := make([]float64, a.cells)
	for t := range a.tokens {
		for h := range a.heads {
			kv := h / (a.heads / a.kvHeads)
			top := math.Inf(-1)
			for c := range scores {
				s := 0.0
				for d := range a.dk {
					s += float64(a.q[(t*a.heads+h)*a.dk+d]) * unhalf(a.k[(c*a.kvHeads+kv)*a.dk+d])
				}
				s *= float64(a.scale)
				if a.softcap > 0 {
					s = float64(a.softcap) * math.Tanh(s/float64(a.softcap))
				}
				if a.mask != nil {
					slope := 1.0
					if a.slopes != nil {
						slope = float64(a.slopes[h])
					}
					s += slope * unhalf(a.mask[t*a.cells+c])
				}
				scores[c] = s
				top = max(top, s)
			}
			if math.IsInf(top, -1) {
				continue
			}
			sum := 0.0
			for c := range scores {
				scores[c] = math.Exp(scores[c] - top)
				sum += scores[c]
			}
			if a.sinks != nil {
				sum += math.Exp(float64(a.sinks[h]) - top)
			}
			for d := range a.dv {
				o := 0.0
				for c, w := range scores {
					o += w * unhalf(a.v[(c*a.kvHeads+kv)*a.dv+d])
				}
				out[(t*a.heads+h)*a.dv+d] = float32(o / sum)
			}
		}
	}
	return out
}

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

// shared hides cells as a batch of samples does: prompts one after another, then
// cells of the samples in turns, as they were written; each sees its own prompt
// and what it wrote. The last tokens of each prompt's share wrote a few at once.
func (a *attention) shared(prompt, prompts int) {
	a.mask = slices.Repeat([]uint16{hidden}, a.tokens*a.cells)
	for t := range a.tokens {
		mine := t % prompts
		for c := range a.cells {
			of, own := c/prompt, c >= prompt*prompts && (c-prompt*prompts)%a.tokens == t
			if of == mine || own {
				a.mask[t*a.cells+c] = 0
			}
		}
	}
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

func TestAttentionMatchesReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 0))
		kv := rapid.IntRange(1, 3).Draw(t, "kv heads")
		a := attention{
			tokens:  rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(6, 40)).Draw(t, "tokens"),
			heads:   kv * rapid.SampledFrom([]int{1, 2, 3, 4, 7}).Draw(t, "heads of a group"),
			kvHeads: kv,
			cells:   rapid.IntRange(1, 300).Draw(t, "cells"),
			dk:      16 * rapid.IntRange(1, 5).Draw(t, "dk/16"),
			dv:      16 * rapid.IntRange(1, 5).Draw(t, "dv/16"),
		}
		spread := rapid.SampledFrom([]float64{0.01, 1, 30}).Draw(t, "spread")
		a = *randomAttention(r, a, spread)
		switch rapid.SampledFrom([]string{"none", "shared", "causal", "random", "biased"}).Draw(t, "mask") {
		case "shared":
			a.shared(rapid.IntRange(1, 100).Draw(t, "prompt"), rapid.IntRange(1, 3).Draw(t, "prompts"))
		case "causal":
			a.causal()
		case "random":
			a.mask = make([]uint16, a.tokens*a.cells)
			seen := r.Float64()
			for i := range a.mask {
				if r.Float64() > seen {
					a.mask[i] = hidden
				}
			}
		case "biased":
			a.causal()
			for i, m := range a.mask {
				if m == 0 {
					a.mask[i] = half(-float64(i % a.cells))
				}
			}
			for h := range a.heads {
				a.slopes = append(a.slopes, float32(math.Exp2(-float64(h))))
			}
		}
		if rapid.Bool().Draw(t, "softcap") {
			a.softcap = 5
		}
		if rapid.Bool().Draw(t, "sinks") {
			for range a.heads {
				a.sinks = append(a.sinks, float32(r.NormFloat64()))
			}
		}
		// An error of a score, which is relative, is one of its weight's factor.
		want, tolerance := a.reference(), 2e-5*max(1, spread)
		var first []float32
		for _, isa := range ISAs() {
			got := make([]float32, len(want))
			// Any division among threads gives the same rows.
			rows := a.tokens * a.heads
			cut := r.IntN(rows + 1)
			a.compute(isa, 0, cut, got)
			a.compute(isa, cut, rows, got)
			for i := range want {
				if d := math.Abs(float64(got[i] - want[i])); !(d <= tolerance*(1+math.Abs(float64(want[i])))) {
					t.Fatalf("%s: out[%d] = %v, the reference %v", isa, i, got[i], want[i])
				}
			}
			all := make([]float32, len(want))
			a.compute(isa, 0, rows, all)
			if first == nil {
				first = all
			} else if !slices.Equal(all, first) {
				t.Fatalf("%s and %s differ", isa, ISAs()[0])
			}
		}
	})
}

// BenchmarkAttention is one layer of SmolLM2-135M and of Llama-3.1-8B on one
// thread: a step of n samples that share a prompt of 300 cells and have written
// 32 tokens each, and the prefill of a prompt.
func BenchmarkAttention(b *testing.B) {
	for _, m := range []struct {
		name           string
		heads, kv, dim int
	}{{"135m", 9, 3, 64}, {"8b", 32, 8, 128}} {
		for _, n := range []int{1, 4, 16, 64} {
			a := attention{tokens: n, heads: m.heads, kvHeads: m.kv, cells: 300 + 32*n, dk: m.dim, dv: m.dim}
			p := randomAttention(rand.New(rand.NewPCG(1, 2)), a, 1)
			p.shared(300, 1)
			p.bench(b, fmt.Sprintf("%s/n=%d", m.name, n))
		}
		a := attention{tokens: 300, heads: m.heads, kvHeads: m.kv, cells: 320, dk: m.dim, dv: m.dim}
		p := randomAttention(rand.New(rand.NewPCG(1, 2)), a, 1)
		p.causal()
		p.bench(b, m.name+"/prefill")
	}
}

func (a *attention) bench(b *testing.B, name string) {
	for _, isa := range ISAs()[:max(1, len(ISAs())-1)] {
		b.Run(name+"/isa="+isa, func(b *testing.B) {
			out := make([]float32, a.tokens*a.heads*a.dv)
			before := cputime.Used()
			for b.Loop() {
				a.compute(isa, 0, a.tokens*a.heads, out)
			}
			b.ReportMetric(float64((cputime.Used()-before).Nanoseconds())/1e3/float64(b.N)/float64(a.tokens), "cpu-µs/token")
		})
	}
}
