package llama

import (
	"math"
	"strings"
	"testing"
)

func TestDamageSum(t *testing.T) {
	var s damageSum
	uniform := []float32{5, 5, 5, 5}
	s.add(uniform, uniform, 2)
	// From (1/2, 1/4, 1/8, 1/8) to the uniform distribution: 1/4 log 2.
	skewed := []float32{float32(math.Log(8)), float32(math.Log(4)), float32(math.Log(2)), float32(math.Log(2))}
	s.add(skewed, []float32{0, 0, 0, 1e-3}, 0)
	d := s.damage()
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-3 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	near("kl", d.KL, math.Log(2)/8)
	near("kl max", d.KLMax, math.Log(2)/4)
	near("kl error", d.KLError, math.Log(2)/8)
	near("source perplexity", d.SourcePerplexity, math.Exp((math.Log(4)+math.Log(2))/2))
	near("perplexity", d.Perplexity, 4)
	near("same top", d.SameTop, 0.5)
}

func TestCompare(t *testing.T) {
	text := strings.Repeat("the quick brown fox jumps over the lazy dog. ", 100)
	source := load(t, Config{Path: smallest(t, "f32"), Threads: 1})
	run := func(path string) Damage {
		t.Helper()
		d, err := Compare(t.Context(), source, load(t, Config{Path: path, Threads: 1}), text, nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	same := run(source.config.Path)
	if same.KL > 1e-9 || same.SameTop != 1 || same.Perplexity != same.SourcePerplexity || same.Positions < 1000 {
		t.Errorf("the same model differs from itself: %+v", same)
	}
	// Fewer bits do more damage.
	var last float64
	for _, name := range []string{"Q8_0", "Q5_0", "Q3_K_M"} {
		typ, _ := ParseFileType(name)
		out := emptyFile(t)
		if err := Quantize(t.Context(), source.config.Path, out, QuantizeConfig{Type: typ}); err != nil {
			t.Fatal(err)
		}
		d := run(out)
		if d.KL <= last || d.Perplexity == d.SourcePerplexity {
			t.Errorf("%s does less damage than more bits: %+v, before %v", name, d, last)
		}
		last = d.KL
	}
}

func TestCompareRefuses(t *testing.T) {
	m := load(t, Config{Path: smallest(t, "f32"), Threads: 1})
	if _, err := Compare(t.Context(), m, m, "short", nil); err == nil {
		t.Error("a text of a few tokens was compared")
	}
	other := tiny(t, Config{Threads: 1})
	if _, err := Compare(t.Context(), m, other, strings.Repeat("many words ", 50), nil); err == nil {
		t.Error("models of different vocabularies were compared")
	}
}
