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

// layout is one of the interleaved formats of gemm.h: random bytes of it and
// what they stand for.
type layout struct {
	name                string
	gemm, gemv          unsafe.Pointer
	block               int                                              // elements
	weights, activation func(r *rand.Rand) (block []byte, x [][]float64) // x[column or row][element]
	single              func(r *rand.Rand) (block []byte, x [][]float64) // for gemv
}

func layouts() []layout {
	all := []layout{
		{"Q4_0", nil, nil, 32, q4x8(func(nibble int) float64 { return float64(int8(nibble<<4) >> 4) }), q8x4, q8},
		{"IQ4_NL", nil, nil, 32, q4x8(func(nibble int) float64 {
			return [...]float64{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}[nibble]
		}), q8x4, q8},
		{"Q4_K", nil, nil, 256, q4kx8, q8kx4, q8k},
	}
	for i := range all {
		all[i].gemm, all[i].gemv, _ = productsOf(all[i].name)
	}
	return all
}

// halfIn appends a random half from 0.01 to 1 and gives its value.
func halfIn(r *rand.Rand, b []byte) ([]byte, float64) {
	h := half(0.01 + 0.99*r.Float64())
	return binary.LittleEndian.AppendUint16(b, h), unhalf(h)
}

func q4x8(value func(nibble int) float64) func(r *rand.Rand) ([]byte, [][]float64) {
	return func(r *rand.Rand) (b []byte, x [][]float64) {
		d := make([]float64, 8)
		for c := range d {
			b, d[c] = halfIn(r, b)
			x = append(x, make([]float64, 32))
		}
		for i := range 128 {
			q := r.IntN(256)
			b = append(b, byte(q))
			c, e := i%64/8, i/64*8+i%8
			x[c][e], x[c][16+e] = d[c]*value(q&15), d[c]*value(q>>4)
		}
		return b, x
	}
}

func q8x4(r *rand.Rand) (b []byte, x [][]float64) {
	d := make([]float64, 4)
	for i := range d {
		b, d[i] = halfIn(r, b)
		x = append(x, make([]float64, 32))
	}
	for i := range 128 {
		q := int8(r.IntN(256))
		b = append(b, byte(q))
		row := i % 32 / 8
		x[row][i/32*8+i%8] = d[row] * float64(q)
	}
	return b, x
}

func q4kx8(r *rand.Rand) (b []byte, x [][]float64) {
	d, least := make([]float64, 8), make([]float64, 8)
	for c := range d {
		b, d[c] = halfIn(r, b)
		x = append(x, make([]float64, 256))
	}
	for c := range least {
		b, least[c] = halfIn(r, b)
	}
	var scales, mins [8][8]float64 // [part][column]
	for p := range 8 {
		var s, m [8]byte
		for c := range 8 {
			s[c], m[c] = byte(r.IntN(64)), byte(r.IntN(64))
			scales[p][c], mins[p][c] = float64(s[c]), float64(m[c])
		}
		var packed [12]byte
		for i := range 4 {
			packed[i] = s[i] | s[4+i]>>4<<6
			packed[4+i] = m[i] | m[4+i]>>4<<6
			packed[8+i] = s[4+i]&15 | m[4+i]<<4
		}
		b = append(b, packed[:]...)
	}
	for i := range 1024 {
		q := r.IntN(256)
		b = append(b, byte(q))
		p, c, e := i/256*2, i%64/8, i/256*64+i%256/64*8+i%8
		x[c][e] = d[c]*scales[p][c]*float64(q&15) - least[c]*mins[p][c]
		x[c][32+e] = d[c]*scales[p+1][c]*float64(q>>4) - least[c]*mins[p+1][c]
	}
	return b, x
}

func q8kx4(r *rand.Rand) (b []byte, x [][]float64) {
	d := make([]float64, 4)
	for i := range d {
		d[i] = float64(float32(r.Float64()))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(d[i])))
		x = append(x, make([]float64, 256))
	}
	var sums [64]int16
	for i := range 1024 {
		q := int8(r.IntN(255) - 127)
		b = append(b, byte(q))
		row, e := i%32/8, i/32*8+i%8
		x[row][e] = d[row] * float64(q)
		sums[e/64*16+row*4+e%64/16] += int16(q)
	}
	for _, s := range sums {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b, x
}

func q8k(r *rand.Rand) (b []byte, x [][]float64) {
	d := float32(r.Float64())
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(d))
	x = [][]float64{make([]float64, 256)}
	var sums [16]int16
	for i := range 256 {
		q := int8(r.IntN(255) - 127)
		b = append(b, byte(q))
		x[0][i] = float64(d) * float64(q)
		sums[i/16] += int16(q)
	}
	for _, s := range sums {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b, x
}

// matrix has count groups of vectors of the given number of blocks.
func matrix(r *rand.Rand, count, blocks int, block func(*rand.Rand) ([]byte, [][]float64)) (b []byte, x [][]float64) {
	for range count {
		var group [][]float64
		for range blocks {
			more, y := block(r)
			if b = append(b, more...); group == nil {
				group = make([][]float64, len(y))
			}
			for i := range y {
				group[i] = append(group[i], y[i]...)
			}
		}
		x = append(x, group...)
	}
	return b, x
}

func TestGemm(t *testing.T) {
	for _, l := range layouts() {
		t.Run(l.name, func(t *testing.T) {
			if l.gemm == nil {
				testkit.Skip(t, testkit.NoVNNI)
			}
			rapid.Check(t, func(t *rapid.T) {
				r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "values"), 0))
				blocks := rapid.SampledFrom([]int{1, 2, 5, 400}).Draw(t, "blocks")
				rows := 4 * rapid.IntRange(1, 5).Draw(t, "rows/4")
				if blocks < 10 {
					rows = 4 * rapid.IntRange(1, 40).Draw(t, "rows/4, few blocks")
				}
				w, columns := matrix(r, rapid.IntRange(1, 3).Draw(t, "columns/8"), blocks, l.weights)
				a, x := matrix(r, rows/4, blocks, l.activation)
				f := l.gemm
				if rapid.Bool().Draw(t, "one row") {
					f, rows = l.gemv, 1
					a, x = matrix(r, 1, blocks, l.single)
				}
				ld := len(columns) + 3
				out := make([]float32, rows*ld)
				gemm(f, blocks*l.block, out, ld, w, a, rows, len(columns))
				for i := range x {
					for c := range columns {
						want, size := 0.0, 0.0
						for e, v := range x[i] {
							want += v * columns[c][e]
							size += math.Abs(v * columns[c][e])
						}
						if got := float64(out[i*ld+c]); !(math.Abs(got-want) <= 1e-5*size) {
							t.Fatalf("out[%d][%d] = %v, want %v", i, c, got, want)
						}
					}
					for _, v := range out[i*ld+len(columns) : (i+1)*ld] {
						if v != 0 {
							t.Fatalf("row %d: something was written after its end", i)
						}
					}
				}
			})
		})
	}
}

// BenchmarkGemm multiplies by 1024 columns of 2048 weights on one thread, in
// billions of multiplications and additions a second of processor time.
func BenchmarkGemm(b *testing.B) {
	const n, cols = 2048, 1024
	for _, l := range layouts() {
		for _, rows := range []int{1, 4, 16, 64, 512} {
			b.Run(fmt.Sprintf("%s/rows=%d", l.name, rows), func(b *testing.B) {
				if l.gemm == nil {
					testkit.Skip(b, testkit.NoVNNI)
				}
				r := rand.New(rand.NewPCG(1, 2))
				w, _ := matrix(r, cols/8, n/l.block, l.weights)
				f, a := l.gemm, []byte(nil)
				if rows == 1 {
					f = l.gemv
					a, _ = matrix(r, 1, n/l.block, l.single)
				} else {
					a, _ = matrix(r, rows/4, n/l.block, l.activation)
				}
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
