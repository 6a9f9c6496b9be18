package kernels

import (
	"encoding/binary"
	"math"
)

// layout is how a format keeps the vectors of a matrix, columns of weights or
// rows of activations: in blocks of so many elements, of one vector or of several
// side by side. The blocks of a vector, or of a group of them, follow one another.
type layout struct {
	name     string
	vectors  int // in a block
	elements int // of each of them
	bytes    int // of a block
	value    func(block []byte, vector, element int) float64
}

// The layouts of gemm.h: those that ggml interleaves for the processor, and those
// of its files (ggml-common.h and ggml-quants.c, dequantize_row_*).
var (
	q4_0x8   = &layout{"Q4_0x8", 8, 32, 144, func(b []byte, c, e int) float64 { return halfAt(b, 2*c) * signed4(nibble4x8(b, c, e)) }}
	iq4_nlx8 = &layout{"IQ4_NLx8", 8, 32, 144, func(b []byte, c, e int) float64 { return halfAt(b, 2*c) * iq4nl[nibble4x8(b, c, e)] }}
	q4_Kx8   = &layout{"Q4_Kx8", 8, 256, 1152, valueQ4Kx8}
	q8_0x4   = &layout{"Q8_0x4", 4, 32, 136, func(b []byte, r, e int) float64 { return halfAt(b, 2*r) * int8x4(b[8:], r, e) }}
	q8_Kx4   = &layout{"Q8_Kx4", 4, 256, 1168, func(b []byte, r, e int) float64 { return floatAt(b, 4*r) * int8x4(b[16:], r, e) }}
	q8_K     = &layout{"Q8_K", 1, 256, 292, func(b []byte, _, e int) float64 { return floatAt(b, 0) * float64(int8(b[4+e])) }}

	q4_0 = &layout{"Q4_0", 1, 32, 18, func(b []byte, _, e int) float64 { return halfAt(b, 0) * float64(nibble(b[2:], e)-8) }}
	q4_1 = &layout{"Q4_1", 1, 32, 20, func(b []byte, _, e int) float64 { return halfAt(b, 0)*float64(nibble(b[4:], e)) + halfAt(b, 2) }}
	q5_0 = &layout{"Q5_0", 1, 32, 22, func(b []byte, _, e int) float64 { return halfAt(b, 0) * float64(fifth(b[2:], e)+nibble(b[6:], e)-16) }}
	q5_1 = &layout{"Q5_1", 1, 32, 24, func(b []byte, _, e int) float64 {
		return halfAt(b, 0)*float64(fifth(b[4:], e)+nibble(b[8:], e)) + halfAt(b, 2)
	}}
	q8_0 = &layout{"Q8_0", 1, 32, 34, func(b []byte, _, e int) float64 { return halfAt(b, 0) * float64(int8(b[2+e])) }}
	q8_1 = &layout{"Q8_1", 1, 32, 36, func(b []byte, _, e int) float64 { return halfAt(b, 0) * float64(int8(b[4+e])) }}
)

// product is a pair of layouts that there is a kernel for: weights by ggml's name
// of their format, and the activations they are multiplied with.
type product struct {
	format               string
	weights, activations *layout
	single               *layout // of a single row of activations; nil: as activations
}

var (
	interleavedProducts = []product{
		{"Q4_0", q4_0x8, q8_0x4, q8_0},
		{"IQ4_NL", iq4_nlx8, q8_0x4, q8_0},
		{"Q4_K", q4_Kx8, q8_Kx4, q8_K},
	}
	rowProducts = []product{
		{"Q4_0", q4_0, q8_0, nil},
		{"Q4_1", q4_1, q8_1, nil},
		{"Q5_0", q5_0, q8_0, nil},
		{"Q5_1", q5_1, q8_1, nil},
		{"Q8_0", q8_0, q8_0, nil},
	}
)

// productReference gives, for each row r of activations and column c of weights,
// the sum of their elements' products, and the sum of their sizes, which a rounding
// error is measured by: [rows][cols] each. Vectors have n elements.
func productReference(weights, activations *layout, w, a []byte, n int) (out, size [][]float64) {
	columns, rows := weights.vectorsOf(w, n), activations.vectorsOf(a, n)
	out, size = make([][]float64, len(rows)), make([][]float64, len(rows))
	for r, x := range rows {
		out[r], size[r] = make([]float64, len(columns)), make([]float64, len(columns))
		for c, y := range columns {
			for e := range n {
				out[r][c] += x[e] * y[e]
				size[r][c] += math.Abs(x[e] * y[e])
			}
		}
	}
	return out, size
}

// vectorsOf gives the vectors of n elements that m holds: [vectors][n].
func (l *layout) vectorsOf(m []byte, n int) [][]float64 {
	group := n / l.elements * l.bytes
	x := make([][]float64, len(m)/group*l.vectors)
	for v := range x {
		x[v] = make([]float64, n)
		for e := range n {
			block := m[v/l.vectors*group+e/l.elements*l.bytes:][:l.bytes]
			x[v][e] = l.value(block, v%l.vectors, e%l.elements)
		}
	}
	return x
}

func halfAt(b []byte, i int) float64 { return fromHalf(binary.LittleEndian.Uint16(b[i:])) }

func floatAt(b []byte, i int) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
}

// nibble is one of 32, of which the low ones of 16 bytes come first.
func nibble(q []byte, e int) int {
	if e < 16 {
		return int(q[e] & 15)
	}
	return int(q[e-16] >> 4)
}

// fifth is the fifth bit of an element, from a word of 32 of them.
func fifth(b []byte, e int) int { return int(binary.LittleEndian.Uint32(b)>>e&1) << 4 }

// nibble4x8 is an element of column c in the blocks of 8 columns of 32.
func nibble4x8(b []byte, c, e int) int {
	q := b[16+64*(e%16/8)+8*c+e%8]
	if e < 16 {
		return int(q & 15)
	}
	return int(q >> 4)
}

// signed4 is a nibble in two's complement.
func signed4(nibble int) float64 { return float64(int8(nibble<<4) >> 4) }

// iq4nl is what IQ4_NL's nibbles stand for (kvalues_iq4nl of ggml-common.h).
var iq4nl = [16]float64{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}

// int8x4 is an element of row r in the blocks of 4 rows.
func int8x4(q []byte, r, e int) float64 { return float64(int8(q[e/8*32+8*r+e%8])) }

// valueQ4Kx8 has 8 parts of 32 elements, each with a scale and a min of 6 bits: of
// which the first four columns have theirs in a byte, the last four in a nibble and
// the two upper bits of those (get_scale_min_k4 of ggml-quants.c).
func valueQ4Kx8(b []byte, c, e int) float64 {
	s := b[32+12*(e/32):][:12]
	scale, least := int(s[c%4])>>6<<4, int(s[4+c%4])>>6<<4
	if c < 4 {
		scale, least = int(s[c]&63), int(s[4+c]&63)
	} else {
		scale, least = scale|int(s[4+c]&15), least|int(s[4+c]>>4)
	}
	q := b[128+256*(e/64)+64*(e%32/8)+8*c+e%8]
	if e%64 >= 32 {
		q >>= 4
	}
	return halfAt(b, 2*c)*float64(scale)*float64(q&15) - halfAt(b, 16+2*c)*float64(least)
}
