package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"coderm/internal/cputime"
)

// BenchmarkSampler gives the time of one row on one thread, at the settings of
// CodeRM's reference results: ns/op by the clock, cpu-µs/row by the processor,
// which other work on the machine does not stretch. Sixteen rows take turns, so
// that a row comes from the outer caches as it does after a decode, not from the
// innermost.
func BenchmarkSampler(b *testing.B) {
	const batch = 16
	for _, isa := range ISAs()[:max(1, len(ISAs())-1)] { // portable is for correctness
		for _, vocab := range []int{49152, 128256} {
			for _, shape := range []struct {
				name string
				row  func(*rand.Rand, int) []float32
			}{{"peaked", peaked}, {"flat", flat}} {
				b.Run(fmt.Sprintf("isa=%s/vocab=%d/%s", isa, vocab, shape.name), func(b *testing.B) {
					s, err := newSampler(vocab, 1, isa)
					if err != nil {
						b.Fatal(err)
					}
					defer s.Close()
					r := rand.New(rand.NewPCG(1, 2))
					logits := make([][]float32, batch)
					rows := make([]Row, batch)
					picks := make([]Pick, batch)
					for i := range logits {
						logits[i] = shape.row(r, vocab)
						rows[i].Settings = Settings{Temperature: 0.8, TopP: 0.95}
						rows[i].Seed = uint64(i)
					}
					b.ResetTimer()
					before := cputime.Used()
					for n := 0; n < b.N; n += batch {
						for i := range rows {
							rows[i].Position++
						}
						sample(b, s, logits, rows, picks)
					}
					b.ReportMetric(float64((cputime.Used()-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/row")
				})
			}
		}
	}
}
