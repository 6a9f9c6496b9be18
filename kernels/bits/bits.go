// Package bits holds bit matrices and the popcount loops over their rows, each
// beside a plain reference that says what it computes (reference.go). It is
// pure Go: the compiler turns OnesCount64 into one POPCNT, and at a thousand
// columns a row is 16 words, so a call into C would cost more than the work.
package bits

import mathbits "math/bits"

// wordBits is the number of columns one word holds.
const wordBits = 64

// Matrix is rows × cols bits, row-major; each row starts at a word of its own
// and the bits past cols are always zero.
type Matrix struct {
	rows, cols int
	stride     int // words in a row
	words      []uint64
}

// New returns a matrix of zeros.
func New(rows, cols int) *Matrix {
	stride := (cols + wordBits - 1) / wordBits
	return &Matrix{rows: rows, cols: cols, stride: stride, words: make([]uint64, rows*stride)}
}

// Rows is the number of rows.
func (m *Matrix) Rows() int { return m.rows }

// Cols is the number of columns.
func (m *Matrix) Cols() int { return m.cols }

// Row is row i's words; the slice is the matrix's own.
func (m *Matrix) Row(i int) []uint64 {
	return m.words[i*m.stride : (i+1)*m.stride : (i+1)*m.stride]
}

// Get tells whether bit (i, j) is set.
func (m *Matrix) Get(i, j int) bool {
	return m.words[i*m.stride+j/wordBits]>>(j%wordBits)&1 == 1
}

// Set writes bit (i, j).
func (m *Matrix) Set(i, j int, on bool) {
	w, bit := &m.words[i*m.stride+j/wordBits], uint64(1)<<(j%wordBits)
	if on {
		*w |= bit
	} else {
		*w &^= bit
	}
}

// SelectRows returns a copy with the given rows in the given order.
func (m *Matrix) SelectRows(rows []int) *Matrix {
	out := New(len(rows), m.cols)
	for k, i := range rows {
		copy(out.Row(k), m.Row(i))
	}
	return out
}

// Transpose returns the matrix with rows and columns exchanged. It works on
// blocks of 64 × 64 bits, six passes over 64 words each instead of 4096 single
// bits.
func (m *Matrix) Transpose() *Matrix {
	out := New(m.cols, m.rows)
	var block [wordBits]uint64
	for bi := 0; bi < out.stride; bi++ {
		top := bi * wordBits
		height := min(wordBits, m.rows-top)
		for bj := 0; bj < m.stride; bj++ {
			left := bj * wordBits
			for k := range height {
				block[k] = m.words[(top+k)*m.stride+bj]
			}
			clear(block[height:])
			transpose64(&block)
			for k := range min(wordBits, m.cols-left) {
				out.words[(left+k)*out.stride+bi] = block[k]
			}
		}
	}
	return out
}

// transpose64 exchanges block[i] bit j with block[j] bit i, by swapping ever
// smaller off-diagonal squares (Warren, Hacker's Delight, 2nd ed., section 7-3).
func transpose64(block *[wordBits]uint64) {
	mask := uint64(0x00000000ffffffff)
	for width := wordBits / 2; width > 0; width /= 2 {
		for k := 0; k < wordBits; k = (k + width + 1) &^ width {
			t := (block[k]>>width ^ block[k+width]) & mask
			block[k] ^= t << width
			block[k+width] ^= t
		}
		mask ^= mask << (width / 2)
	}
}

// Count is the number of set bits of a.
func Count(a []uint64) int {
	n := 0
	for _, w := range a {
		n += mathbits.OnesCount64(w)
	}
	return n
}

// CountAnd is the number of bits set in both a and b, which are equally long.
func CountAnd(a, b []uint64) int {
	b = b[:len(a)]
	n := 0
	for i, w := range a {
		n += mathbits.OnesCount64(w & b[i])
	}
	return n
}

// CountXor is the number of bits in which a and b, equally long, differ.
func CountXor(a, b []uint64) int {
	b = b[:len(a)]
	n := 0
	for i, w := range a {
		n += mathbits.OnesCount64(w ^ b[i])
	}
	return n
}

// And leaves in dst the bits that src has too.
func And(dst, src []uint64) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] &= src[i]
	}
}

// Or adds to dst the bits that src has.
func Or(dst, src []uint64) {
	src = src[:len(dst)]
	for i := range dst {
		dst[i] |= src[i]
	}
}

// Within tells whether b has all of a's bits.
func Within(a, b []uint64) bool {
	b = b[:len(a)]
	for i := range a {
		if a[i]&^b[i] != 0 {
			return false
		}
	}
	return true
}

// Ones calls yield with the position of every set bit of a, ascending.
func Ones(a []uint64, yield func(j int)) {
	for k, w := range a {
		for ; w != 0; w &= w - 1 {
			yield(k*wordBits + mathbits.TrailingZeros64(w))
		}
	}
}
