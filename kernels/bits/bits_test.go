package bits

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// draw fills a random matrix with about the given share of ones.
func draw(rows, cols int, share float64, seed uint64) *Matrix {
	r := rand.New(rand.NewPCG(seed, 1))
	m := New(rows, cols)
	for i := range rows {
		for j := range cols {
			m.Set(i, j, r.Float64() < share)
		}
	}
	return m
}

func drawn(t *rapid.T) *Matrix {
	return draw(
		rapid.IntRange(0, 150).Draw(t, "rows"), rapid.IntRange(0, 150).Draw(t, "cols"),
		rapid.Float64Range(0, 1).Draw(t, "share"), rapid.Uint64().Draw(t, "seed"))
}

func TestTransposeEqualsReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawn(t)
		got, want := m.Transpose(), transposeReference(m)
		if got.rows != want.rows || got.cols != want.cols || !slices.Equal(got.words, want.words) {
			t.Fatalf("%d × %d: transposed wrongly", m.rows, m.cols)
		}
	})
}

func TestCountsEqualReference(t *testing.T) {
	words := rapid.SliceOfN(rapid.Uint64(), 0, 40)
	rapid.Check(t, func(t *rapid.T) {
		a := words.Draw(t, "a")
		b := rapid.SliceOfN(rapid.Uint64(), len(a), len(a)).Draw(t, "b")
		if got, want := Count(a), countReference(a); got != want {
			t.Errorf("Count = %d, want %d", got, want)
		}
		if got, want := CountAnd(a, b), countAndReference(a, b); got != want {
			t.Errorf("CountAnd = %d, want %d", got, want)
		}
		if got, want := CountXor(a, b), countXorReference(a, b); got != want {
			t.Errorf("CountXor = %d, want %d", got, want)
		}
		both := slices.Clone(a)
		Or(both, b)
		if got, want := Count(both), Count(a)+Count(b)-CountAnd(a, b); got != want {
			t.Errorf("Or has %d bits, want %d", got, want)
		}
		if !Within(a, both) || !Within(b, both) || Within(both, a) != (Count(both) == Count(a)) {
			t.Error("Within is wrong")
		}
		n := 0
		Ones(a, func(j int) {
			n++
			if a[j/wordBits]>>(j%wordBits)&1 == 0 {
				t.Errorf("Ones names bit %d, which is not set", j)
			}
		})
		if n != Count(a) {
			t.Errorf("Ones names %d bits of %d", n, Count(a))
		}
	})
}

func TestSetAndSelectRows(t *testing.T) {
	m := draw(70, 130, 0.5, 7)
	m.Set(69, 129, true)
	m.Set(0, 0, false)
	if !m.Get(69, 129) || m.Get(0, 0) {
		t.Fatal("Set is not seen by Get")
	}
	s := m.SelectRows([]int{69, 3})
	if s.Rows() != 2 || s.Cols() != 130 || !slices.Equal(s.Row(0), m.Row(69)) || !slices.Equal(s.Row(1), m.Row(3)) {
		t.Fatal("SelectRows does not hold the selected rows")
	}
	dst := slices.Clone(m.Row(1))
	And(dst, m.Row(2))
	if Count(dst) != CountAnd(m.Row(1), m.Row(2)) {
		t.Fatal("And and CountAnd disagree")
	}
}

func BenchmarkTranspose(b *testing.B) {
	for _, n := range []int{100, 1000} {
		m := draw(n, n, 0.5, 1)
		b.Run(fmt.Sprintf("n=%d/kernel", n), func(b *testing.B) {
			for b.Loop() {
				m.Transpose()
			}
		})
		b.Run(fmt.Sprintf("n=%d/reference", n), func(b *testing.B) {
			for b.Loop() {
				transposeReference(m)
			}
		})
	}
}

func BenchmarkCountAnd(b *testing.B) {
	m := draw(2, 1000, 0.5, 1)
	x, y := m.Row(0), m.Row(1)
	b.Run("kernel", func(b *testing.B) {
		for b.Loop() {
			CountAnd(x, y)
		}
	})
	b.Run("reference", func(b *testing.B) {
		for b.Loop() {
			countAndReference(x, y)
		}
	})
}
