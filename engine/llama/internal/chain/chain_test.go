package chain

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"coderm/internal/cputime"
	"coderm/kernels"
)

// rows as language models give them, and rows in which every token has a chance.
func peaked(r *rand.Rand, vocab int) []float32 {
	x := flat(r, vocab)
	for i := range x {
		x[i] *= 2.5
	}
	for i := range 8 {
		x[r.IntN(vocab)] = float32(18 - 1.5*float64(i) + r.NormFloat64())
	}
	return x
}

func flat(r *rand.Rand, vocab int) []float32 {
	x := make([]float32, vocab)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// ours draws n tokens from logits with package kernels.
func ours(t testing.TB, logits []float32, set kernels.Settings, n int) []int32 {
	s, err := kernels.NewSampler(len(logits), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(&logits[0])
	rows, picks := make([]kernels.Row, n), make([]kernels.Pick, n)
	for i := range rows {
		rows[i] = kernels.Row{Logits: &logits[0], Settings: set, Seed: 7, Position: uint64(i)}
	}
	if err := s.Sample(rows, picks); err != nil {
		t.Fatal(err)
	}
	tokens := make([]int32, n)
	for i, p := range picks {
		tokens[i] = p.Token
	}
	return tokens
}

// Both samplers must draw from one distribution: two samples of 50,000 draws,
// chi-squared for homogeneity. The seeds are fixed, so it passes always or never.
func TestSameDistribution(t *testing.T) {
	const vocab, draws = 2000, 50_000
	x := peaked(rand.New(rand.NewPCG(3, 4)), vocab)
	for i := range x {
		x[i] /= 3 // some hundred tokens share the mass
	}
	for _, set := range []kernels.Settings{
		{Temperature: 1},
		{Temperature: 0.8, TopP: 0.95},
		{Temperature: 1.3, TopK: 40},
		{Temperature: 1, MinP: 0.05},
		{Temperature: 1.2, TopK: 300, TopP: 0.8, MinP: 0.01},
	} {
		c, err := New(vocab, set, 11)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var theirs, mine [vocab]float64
		for range draws {
			theirs[c.Draw(x)]++
		}
		for _, id := range ours(t, x, set, draws) {
			mine[id]++
		}
		chi2, bins := 0.0, 0
		var restA, restB float64
		bin := func(a, b float64) { chi2, bins = chi2+(a-b)*(a-b)/(a+b), bins+1 }
		for id := range vocab {
			a, b := theirs[id], mine[id]
			if a+b < 20 { // too rare for a bin of its own
				restA, restB = restA+a, restB+b
				continue
			}
			bin(a, b)
		}
		if restA+restB > 0 {
			bin(restA, restB)
		}
		if q := (distuv.ChiSquared{K: float64(bins - 1)}).Survival(chi2); q < 1e-6 {
			t.Errorf("%+v: chi-squared %.1f on %d bins, p = %.2g", set, chi2, bins, q)
		}
	}
}

// The tokens that may be drawn must be the same ones, to the last: a row of few
// tokens, drawn until each has come up.
func TestSameSupport(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 50 {
		x := flat(r, 12)
		set := kernels.Settings{Temperature: 1, TopP: 0.05 + 0.9*r.Float32(), TopK: int32(r.IntN(12)), MinP: 0.3 * r.Float32()}
		c, err := New(len(x), set, uint32(i))
		if err != nil {
			t.Fatal(err)
		}
		var theirs, mine [12]bool
		for range 5000 {
			theirs[c.Draw(x)] = true
		}
		c.Close()
		for _, id := range ours(t, x, set, 5000) {
			mine[id] = true
		}
		if theirs != mine {
			t.Errorf("%+v on %v: llama.cpp draws from %v, we from %v", set, x, theirs, mine)
		}
	}
}

func TestGreedy(t *testing.T) {
	x := peaked(rand.New(rand.NewPCG(7, 8)), 1000)
	c, err := New(len(x), kernels.Settings{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, want := ours(t, x, kernels.Settings{}, 1)[0], c.Draw(x); got != want {
		t.Errorf("greedy drew %d of logit %v, llama.cpp %d of %v", got, x[got], want, x[want])
	}
}

// cpuPerRow reports processor time, which other work on the machine does not
// stretch; call the result when done.
func cpuPerRow(b *testing.B) func() {
	before := cputime.Used()
	return func() { b.ReportMetric(float64((cputime.Used()-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/row") }
}

// BenchmarkDraw is the time of one row on one thread at temperature 0.8, top-p
// 0.95; sixteen rows in turn, as after the decode of a batch.
func BenchmarkDraw(b *testing.B) {
	set := kernels.Settings{Temperature: 0.8, TopP: 0.95}
	const batch = 16
	for _, vocab := range []int{49152, 128256} {
		for _, shape := range []struct {
			name string
			row  func(*rand.Rand, int) []float32
		}{{"peaked", peaked}, {"flat", flat}} {
			r := rand.New(rand.NewPCG(1, 2))
			var pin runtime.Pinner
			defer pin.Unpin()
			logits, rows, picks := make([][]float32, batch), make([]kernels.Row, batch), make([]kernels.Pick, batch)
			for i := range logits {
				logits[i] = shape.row(r, vocab)
				pin.Pin(&logits[i][0])
				rows[i] = kernels.Row{Logits: &logits[i][0], Settings: set, Seed: uint64(i)}
			}
			b.Run(fmt.Sprintf("vocab=%d/%s/sampler=coderm", vocab, shape.name), func(b *testing.B) {
				s, err := kernels.NewSampler(vocab, 1)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				defer cpuPerRow(b)()
				for n := 0; n < b.N; n += batch {
					for i := range rows {
						rows[i].Position++
					}
					if err := s.Sample(rows, picks); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("vocab=%d/%s/sampler=llama.cpp", vocab, shape.name), func(b *testing.B) {
				c, err := New(vocab, set, 1)
				if err != nil {
					b.Fatal(err)
				}
				defer c.Close()
				defer cpuPerRow(b)()
				for n := range b.N {
					c.Draw(logits[n%batch])
				}
			})
		}
	}
}
