package kernels

import (
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"
)

// pick draws one token with each instruction set, and fails unless all agree to
// the bit.
func pick(t rapid.TB, logits []float32, row Row) Pick {
	t.Helper()
	var first Pick
	for i, isa := range ISAs() {
		s, err := newSampler(len(logits), 1, isa)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var got [1]Pick
		sample(t, s, [][]float32{logits}, []Row{row}, got[:])
		if i == 0 {
			first = got[0]
		} else if got[0] != first {
			t.Fatalf("%s drew %+v, %s %+v", isa, got[0], ISAs()[0], first)
		}
	}
	return first
}

// sample points rows at logits, pinned for the call.
func sample(t rapid.TB, s *Sampler, logits [][]float32, rows []Row, picks []Pick) {
	t.Helper()
	var pin runtime.Pinner
	defer pin.Unpin()
	for i := range rows {
		rows[i].Logits = &logits[i][0]
		pin.Pin(rows[i].Logits)
	}
	if err := s.Sample(rows, picks); err != nil {
		t.Fatal(err)
	}
}

// peaked is a row as language models give: most logits far below a few.
func peaked(r *rand.Rand, vocab int) []float32 {
	x := make([]float32, vocab)
	for i := range x {
		x[i] = float32(r.NormFloat64() * 2.5)
	}
	for i := range 8 {
		x[r.IntN(vocab)] = float32(18 - 1.5*float64(i) + r.NormFloat64())
	}
	return x
}

// flat is a row in which every token has a chance: the nucleus is most of them.
func flat(r *rand.Rand, vocab int) []float32 {
	x := make([]float32, vocab)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

func TestMatchesReference(t *testing.T) {
	// One row in about 2,000 lies so close to the edge of its nucleus that float32
	// decides; its four draws then share the edge, so rows are what is counted.
	checks, close := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "row"), 0))
		vocab := rapid.OneOf(rapid.IntRange(1, 40), rapid.IntRange(200, 3000)).Draw(t, "vocab")
		spread := rapid.SampledFrom([]float64{0, 1e-3, 0.3, 3, 30}).Draw(t, "spread")
		step := rapid.SampledFrom([]float64{0, 0, 0.5}).Draw(t, "step") // above 0: many ties
		x := peaked(r, vocab)
		for i := range x {
			v := float64(x[i]) * spread
			if step > 0 {
				v = math.Round(v/step) * step
			}
			x[i] = float32(v)
		}
		odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat32, -math.MaxFloat32, 1e-40}
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 5}).Draw(t, "odd") {
			x[r.IntN(vocab)] = float32(odd[r.IntN(len(odd))])
		}
		set := Settings{
			Temperature: rapid.SampledFrom([]float32{0, 0.01, 0.5, 0.8, 1, 1.7, 50}).Draw(t, "temperature"),
			TopK:        rapid.SampledFrom([]int32{0, 0, 1, 2, 40, 1000}).Draw(t, "top-k"),
			TopP:        rapid.SampledFrom([]float32{0, 1e-6, 0.3, 0.95, 0.999, 1}).Draw(t, "top-p"),
			MinP:        rapid.SampledFrom([]float32{0, 0, 1e-9, 0.05, 0.5, 1}).Draw(t, "min-p"),
			Repeat:      rapid.SampledFrom([]float32{0, 1, 1.1, 2, 0.5}).Draw(t, "repeat"),
		}
		recent := make([]int32, r.IntN(20))
		for i := range recent {
			recent[i] = int32(r.IntN(vocab+2) - 1)
		}
		checks++
		edge := false
		for position := range uint64(4) {
			seed := r.Uint64()
			want, margin := Reference(x, set, seed, position, recent)
			got := pick(t, x, Row{Settings: set, Seed: seed, Position: position, Recent: recent})
			if err := got.compare(want, margin); err != nil {
				t.Fatal(err)
			}
			edge = edge || got.Token != want.Token
		}
		if edge {
			close++
		}
	})
	if close > 2+checks/100 {
		t.Errorf("%d of %d rows were too close to call", close, checks)
	}
}
