package bits

// The references: one bit at a time, held against the kernels by property
// tests and timed beside them by benchmarks.

func transposeReference(m *Matrix) *Matrix {
	out := New(m.cols, m.rows)
	for i := range m.rows {
		for j := range m.cols {
			out.Set(j, i, m.Get(i, j))
		}
	}
	return out
}

func countReference(a []uint64) int {
	n := 0
	for _, w := range a {
		for j := range wordBits {
			n += int(w >> j & 1)
		}
	}
	return n
}

func countAndReference(a, b []uint64) int {
	n := 0
	for i := range a {
		for j := range wordBits {
			n += int((a[i] & b[i]) >> j & 1)
		}
	}
	return n
}

func countXorReference(a, b []uint64) int {
	n := 0
	for i := range a {
		for j := range wordBits {
			n += int((a[i] ^ b[i]) >> j & 1)
		}
	}
	return n
}
