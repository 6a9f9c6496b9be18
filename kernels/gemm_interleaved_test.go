package kernels

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"coderm/internal/cputime"
	"coderm/internal/testkit"
)

func TestInterleavedProducts(t *testing.T) {
	for _, by := range someProducts(t) {
		for _, p := range interleavedProducts {
			t.Run(by.isa+"/"+p.format, func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) { checkInterleaved(t, by, p) })
			})
		}
	}
}

func FuzzInterleavedProducts(f *testing.F) {
	all := someProducts(f)
	fuzz(f, func(t *rapid.T) {
		by := all[rapid.IntRange(0, len(all)-1).Draw(t, "instructions")]
		checkInterleaved(t, by, rapid.SampledFrom(interleavedProducts).Draw(t, "format"))
	})
}

// someProducts are allProducts, of which there must be any.
func someProducts(t testing.TB) []products {
	all := allProducts()
	if len(all) == 0 {
		testkit.Skip(t, testkit.NoAVX2)
	}
	return all
}

// checkInterleaved compares a product of any shape with the reference's.
func checkInterleaved(t *rapid.T, by products, p product) {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 0))
	blocks := rapid.SampledFrom([]int{1, 2, 5, 400}).Draw(t, "blocks")
	rows := 4 * rapid.IntRange(1, 5).Draw(t, "rows/4")
	if blocks < 10 {
		rows = 4 * rapid.IntRange(1, 40).Draw(t, "rows/4, few blocks")
	}
	cols := 8 * rapid.IntRange(1, 3).Draw(t, "columns/8")
	if rapid.Bool().Draw(t, "one row") {
		rows = 1
	}
	if err := by.checkInterleaved(r, p, blocks, rows, cols); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkGemm multiplies by 1024 columns of 2048 weights on one thread, in
// billions of multiplications and additions a second of processor time.
func BenchmarkGemm(b *testing.B) {
	const n, cols = 2048, 1024
	for _, by := range someProducts(b) {
		for _, p := range interleavedProducts {
			for _, rows := range []int{1, 4, 16, 64, 512} {
				b.Run(fmt.Sprintf("%s/%s/rows=%d", by.isa, p.format, rows), func(b *testing.B) {
					f, one, _ := by.of(p.format)
					r := rand.New(rand.NewPCG(1, 2))
					w := p.weights.random(r, cols/8*n/p.weights.elements)
					activations := p.activations
					if rows == 1 {
						f, activations = one, p.single
					}
					a := activations.random(r, max(1, rows/4)*n/activations.elements)
					out := make([]float32, rows*cols)
					before := cputime.Used()
					for b.Loop() {
						gemm(f, n, out, cols, w, a, rows, cols)
					}
					b.ReportMetric(2*n*cols*float64(rows)*float64(b.N)/float64((cputime.Used()-before).Nanoseconds()), "GOP/s")
				})
			}
		}
	}
}
