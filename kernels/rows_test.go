package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"coderm/internal/cputime"
	"coderm/internal/testkit"
)

// format is one of ggml's: random blocks of it and what they stand for.
type format struct {
	name                string
	rows                unsafe.Pointer
	weights, activation func(r *rand.Rand) (block []byte, x [][]float64)
}

func formats() []format {
	all := []format{
		{"Q4_0", nil, quants(4, 8, false), q8},
		{"Q4_1", nil, quants(4, 0, true), q8sum},
		{"Q5_0", nil, quants(5, 16, false), q8},
		{"Q5_1", nil, quants(5, 0, true), q8sum},
		{"Q8_0", nil, q8, q8},
	}
	for i := range all {
		_, _, all[i].rows = productsOf(all[i].name)
	}
	return all
}

// quants makes blocks of 32 weights: scale, min if there is one, fifth bits if
// there are, nibbles of which the low ones come first.
func quants(bits, offset int, min bool) func(*rand.Rand) ([]byte, [][]float64) {
	return func(r *rand.Rand) ([]byte, [][]float64) {
		b, d := halfIn(r, nil)
		least := 0.0
		if min {
			b, least = halfIn(r, b)
		}
		q := make([]uint32, 32)
		x := make([]float64, 32)
		fifth := uint32(0)
		for i := range q {
			q[i] = r.Uint32N(1 << bits)
			fifth |= q[i] >> 4 << i
			x[i] = d*float64(int(q[i])-offset) + least
		}
		if bits == 5 {
			b = binary.LittleEndian.AppendUint32(b, fifth)
		}
		for i := range 16 {
			b = append(b, byte(q[i]&15|q[16+i]<<4))
		}
		return b, [][]float64{x}
	}
}

func q8(r *rand.Rand) ([]byte, [][]float64) {
	b, d := halfIn(r, nil)
	x := make([]float64, 32)
	for i := range x {
		q := int8(r.IntN(256))
		b = append(b, byte(q))
		x[i] = d * float64(q)
	}
	return b, [][]float64{x}
}

// q8sum has the sum of its elements too, as a half; so that rounding it is not
// taken for an error, the sum is one that a half can hold.
func q8sum(r *rand.Rand) ([]byte, [][]float64) {
	b := binary.LittleEndian.AppendUint16(nil, half(1.0/64))
	q, sum := make([]int8, 32), 0
	for i := range q {
		q[i] = int8(r.IntN(128) - 64)
		sum += int(q[i])
	}
	b = binary.LittleEndian.AppendUint16(b, half(float64(sum)/64))
	x := make([]float64, 32)
	for i := range x {
		b = append(b, byte(q[i]))
		x[i] = float64(q[i]) / 64
	}
	return b, [][]float64{x}
}

func TestRows(t *testing.T) {
	for _, f := range formats() {
		t.Run(f.name, func(t *testing.T) {
			if f.rows == nil {
				testkit.Skip(t, testkit.NoVNNI)
			}
			rapid.Check(t, func(t *rapid.T) {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 0))
				blocks := rapid.SampledFrom([]int{1, 2, 5, 47, 48, 49, 100}).Draw(t, "blocks")
				rows := rapid.IntRange(1, 40).Draw(t, "rows")
				if blocks == 2 {
					rows = rapid.IntRange(1, 300).Draw(t, "rows, few blocks")
				}
				cols := 16 * rapid.IntRange(1, 3).Draw(t, "columns/16")
				from := 16 * rapid.IntRange(0, cols/16-1).Draw(t, "from/16")
				w, columns := matrix(r, cols, blocks, f.weights)
				a, x := matrix(r, rows, blocks, f.activation)
				ld := cols + 3
				out := make([]float32, rows*ld)
				multiplyRows(f.rows, blocks, out, ld, w, cols, a, rows, from, cols)
				for i := range x {
					for c := range ld {
						want, size := 0.0, 0.0
						if c >= from && c < cols {
							for e, v := range x[i] {
								want += v * columns[c][e]
								size += math.Abs(v * columns[c][e])
							}
						}
						if got := float64(out[i*ld+c]); !(math.Abs(got-want) <= 1e-5*size) {
							t.Fatalf("out[%d][%d] = %v, want %v", i, c, got, want)
						}
					}
				}
			})
		})
	}
}

// BenchmarkRows is BenchmarkGemm for rows.
func BenchmarkRows(b *testing.B) {
	const n, cols = 2048, 1024
	for _, f := range formats() {
		for _, rows := range []int{1, 2, 4, 16, 64, 512} {
			b.Run(fmt.Sprintf("%s/rows=%d", f.name, rows), func(b *testing.B) {
				if f.rows == nil {
					testkit.Skip(b, testkit.NoVNNI)
				}
				r := rand.New(rand.NewPCG(1, 2))
				w, _ := matrix(r, cols, n/32, f.weights)
				a, _ := matrix(r, rows, n/32, f.activation)
				out := make([]float32, rows*cols)
				before := cputime.Used()
				for b.Loop() {
					multiplyRows(f.rows, n/32, out, cols, w, cols, a, rows, 0, cols)
				}
				b.ReportMetric(2*n*cols*float64(rows)*float64(b.N)/float64((cputime.Used()-before).Nanoseconds()), "GOP/s")
			})
		}
	}
}
