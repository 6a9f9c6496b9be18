package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/cputime"
)

func TestRowProducts(t *testing.T) {
	for _, by := range someProducts(t) {
		for _, p := range rowProducts {
			t.Run(by.isa+"/"+p.format, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) { checkRows(t, by, p) })
			})
		}
	}
}

func FuzzRowProducts(f *testing.F) {
	all := someProducts(f)
	fuzz(f, func(t *rapid.T) {
		by := all[rapid.IntRange(0, len(all)-1).Draw(t, "instructions")]
		checkRows(t, by, rapid.SampledFrom(rowProducts).Draw(t, "format"))
	})
}

// checkRows compares a product of any shape with the reference's.
func checkRows(t *rapid.T, by products, p product) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 0))
	blocks := rapid.SampledFrom([]int{1, 2, 5, 47, 48, 49, 100, 257}).Draw(t, "blocks")
	rows := rapid.IntRange(1, 40).Draw(t, "rows")
	if rapid.Bool().Draw(t, "one row") {
		rows = 1
	}
	if blocks == 2 {
		rows = rapid.IntRange(1, 300).Draw(t, "rows, few blocks")
	}
	cols := 16 * rapid.IntRange(1, 3).Draw(t, "columns/16")
	from := 16 * rapid.IntRange(0, cols/16-1).Draw(t, "from/16")
	if err := by.checkRows(r, p, blocks, rows, from, cols); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkRows is BenchmarkGemm for rows.
func BenchmarkRows(b *testing.B) {
	const n, cols = 2048, 1024
	for _, by := range someProducts(b) {
		for _, p := range rowProducts {
			for _, rows := range []int{1, 2, 4, 16, 64, 512} {
				b.Run(fmt.Sprintf("%s/%s/rows=%d", by.isa, p.format, rows), func(b *testing.B) {
					_, _, f := by.of(p.format)
					r := rand.New(rand.NewPCG(1, 2))
					w, a := p.weights.random(r, cols*n/32), p.activations.random(r, rows*n/32)
					out := make([]float32, rows*cols)
					before := cputime.Used()
					for b.Loop() {
						multiplyRows(f, n/32, out, cols, w, cols, a, rows, 0, cols)
					}
					b.ReportMetric(2*n*cols*float64(rows)*float64(b.N)/float64((cputime.Used()-before).Nanoseconds()), "GOP/s")
				})
			}
		}
	}
}
