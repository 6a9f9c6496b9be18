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

func TestAttentionMatchesReference(t *testing.T) { rapid.Check(t, checkAttention) }

func FuzzAttention(f *testing.F) { fuzz(f, checkAttention) }

// fuzz is rapid.Check with the fuzzer's bytes for choices, of which it gets some
// to begin with.
func fuzz(f *testing.F, check func(*rapid.T)) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 4 {
		choices := make([]byte, 1024)
		for i := range choices {
			choices[i] = byte(r.Uint32())
		}
		f.Add(choices)
	}
	f.Fuzz(rapid.MakeFuzz(check))
}

// checkAttention compares an attention of any shape and mask with the reference,
// and the instruction sets with each other.
func checkAttention(t *rapid.T) {
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
	if err := a.check(r, spread); err != nil {
		t.Fatal(err)
	}
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
