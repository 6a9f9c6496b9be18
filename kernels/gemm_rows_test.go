package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/cputime"
	"coderm/internal/testkit"
)

func TestRowProducts(t *testing.T) {
	for _, p := range rowProducts {
		t.Run(p.format, func(t *testing.T) {
			if _, _, f := productsOf(p.format); f == nil {
				testkit.Skip(t, testkit.NoVNNI)
			}
			rapid.Check(t, func(t *rapid.T) { checkRows(t, p) })
		})
	}
}

func FuzzRowProducts(f *testing.F) {
	if Products() == nil {
		testkit.Skip(f, testkit.NoVNNI)
	}
	fuzz(f, func(t *rapid.T) {
		checkRows(t, rapid.SampledFrom(rowProducts).Draw(t, "format"))
	})
}

// checkRows compares a product of any shape with the reference's.
func checkRows(t *rapid.T, p product) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 0))
	blocks := rapid.SampledFrom([]int{1, 2, 5, 47, 48, 49, 100}).Draw(t, "blocks")
	rows := rapid.IntRange(1, 40).Draw(t, "rows")
	if blocks == 2 {
		rows = rapid.IntRange(1, 300).Draw(t, "rows, few blocks")
	}
	cols := 16 * rapid.IntRange(1, 3).Draw(t, "columns/16")
	from := 16 * rapid.IntRange(0, cols/16-1).Draw(t, "from/16")
	w, a := p.weights.random(r, cols*blocks), p.activations.random(r, rows*blocks)

	_, _, f := productsOf(p.format)
	ld := cols + 3
	out := make([]float32, rows*ld)
	multiplyRows(f, blocks, out, ld, w, cols, a, rows, from, cols)
	want, size := productReference(p.weights, p.activations, w, a, 32*blocks)
	checkProduct(t, out, ld, from, want, size)
}

// BenchmarkRows is BenchmarkGemm for rows.
func BenchmarkRows(b *testing.B) {
	const n, cols = 2048, 1024
	for _, p := range rowProducts {
		for _, rows := range []int{1, 2, 4, 16, 64, 512} {
			b.Run(fmt.Sprintf("%s/rows=%d", p.format, rows), func(b *testing.B) {
				_, _, f := productsOf(p.format)
				if f == nil {
					testkit.Skip(b, testkit.NoVNNI)
				}
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
