package rerank

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

var digits = map[byte]Outcome{'1': Pass, '0': Fail, '2': Error, '3': Timeout, '4': Broken, '5': Slow, '.': Unrun}

// parse builds a matrix from rows of digits as the pass matrix files have them:
// 1 pass, 0 fail, 2 error, 3 timeout, 4 broken, and '.' for a cell not run.
func parse(rows ...string) *Matrix {
	m := NewMatrix(len(rows), len(rows[0]))
	for i, row := range rows {
		for j := range len(row) {
			o, ok := digits[row[j]]
			if !ok {
				panic(row)
			}
			m.Set(i, j, o)
		}
	}
	return m
}

// drawMatrix draws a matrix with weights and groups.
func drawMatrix(t *rapid.T) *Matrix {
	rows, cols := rapid.IntRange(1, 12).Draw(t, "rows"), rapid.IntRange(1, 12).Draw(t, "cols")
	m := NewMatrix(rows, cols)
	cells := rapid.SliceOfN(rapid.SampledFrom([]Outcome{Pass, Pass, Pass, Fail, Fail, Error, Timeout, Broken}), rows*cols, rows*cols).Draw(t, "cells")
	for i := range rows {
		for j := range cols {
			m.Set(i, j, cells[i*cols+j])
		}
		m.SetWeight(i, rapid.IntRange(1, 4).Draw(t, "weight"))
	}
	if rapid.Bool().Draw(t, "grouped") {
		m.Group(rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, cols-1), 1, 4), 1, 8).Draw(t, "groups"))
	}
	return m
}

func TestSetThenAt(t *testing.T) {
	m := NewMatrix(3, 70)
	for o := Unrun; o <= Slow; o++ {
		m.Set(2, 69, Broken)
		m.Set(2, 69, o)
		if got := m.At(2, 69); got != o {
			t.Errorf("set %v, got %v", o, got)
		}
		if m.Passes(2, 69) != (o == Pass) {
			t.Errorf("Passes is wrong for %v", o)
		}
	}
}

func TestClasses(t *testing.T) {
	m := parse("11021.", "111131", "41....", "1.1.11")
	m.Group([][]int{{0, 1}, {0, 1, 2, 3}, {3, 2}, {}, {4, 5}, {5}})
	got := m.Classes()
	if got.Cols() != 5 {
		t.Fatalf("an empty test was kept: %d columns", got.Cols())
	}
	for i, row := range []string{
		"102..", // {3,2}: 2 comes first; {4,5} passed, then nothing: unknown
		"11131",
		"44...",
		"...11",
	} {
		for j, d := range row {
			if w := parse(string(d)).At(0, 0); got.At(i, j) != w {
				t.Errorf("solution %d, test %d: %v, want %v", i, j, got.At(i, j), w)
			}
		}
	}
}

// columns are those of generated test k.
func columns(m *Matrix, k int) []int {
	if m.groups == nil {
		return []int{k}
	}
	return m.groups[k]
}

func TestSelectKeepsCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		tests := rapid.SliceOfDistinct(rapid.IntRange(0, m.Tests()-1), rapid.ID[int]).Draw(t, "tests")
		s := m.Select(tests)
		if s.Tests() != len(tests) || s.Rows() != m.Rows() || s.TotalWeight() != m.TotalWeight() {
			t.Fatalf("selected %d tests, got %d", len(tests), s.Tests())
		}
		for k, test := range tests {
			for n, j := range columns(m, test) {
				for i := range m.Rows() {
					if m.At(i, j) != s.At(i, columns(s, k)[n]) {
						t.Fatalf("cell (%d, %d) changed", i, j)
					}
				}
			}
		}
	})
}

func TestMajority(t *testing.T) {
	m := parse("110", "011", "000", "1.1")
	m.SetWeight(0, 3)
	got := Selector{Rule: Majority}.Rank(Evidence{Matrix: m})
	want := []Ranked{{3, 1, 0}, {0, 2. / 3, 1}, {1, 2. / 3, 1}, {2, 0, 2}}
	for i := range want {
		if got[i].Solution != want[i].Solution || got[i].Tie != want[i].Tie || math.Abs(got[i].Score-want[i].Score) > 1e-8 {
			t.Errorf("place %d: %+v, want %+v", i, got[i], want[i])
		}
	}
}
