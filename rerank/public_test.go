package rerank

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Four solutions and two generated tests: the two that fail a public test agree,
// and would win by that.
func publicMatrix() *Matrix {
	m := NewMatrix(4, 2)
	for i, row := range []string{"11", "11", "10", "00"} {
		for j := range row {
			m.SetPass(i, j, row[j] == '1')
		}
	}
	m.SetWeight(3, 2)
	m.SetPublic([][]bool{{true, false}, {false, false}, {true, true}, {true, true}})
	return m
}

func TestNarrowing(t *testing.T) {
	m := publicMatrix()
	for name, want := range map[string][]int{"majority": {0, 1}, "majority+public": {2}, "auto+public": {2}, "codet/class+public": {2}} {
		s, err := ByName(name, ByDefault)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name() != name || Narrows(s) != (len(want) == 1) {
			t.Errorf("%s is called %s, narrows: %v", name, s.Name(), Narrows(s))
		}
		var got []int
		for _, r := range s.Rank(m) {
			if r.Tie == 0 {
				got = append(got, r.Solution)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	want := Public{Tests: 2, All: 0.6, None: 0.2, Mean: 0.7, Best: 1}
	if d := cmp.Diff(want, m.Select([]int{1}).Public(), cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// Without public tests, or where all pass equally many, a narrowing selector is
// the one it narrows.
func TestNarrowingNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(1, 6).Draw(t, "rows"), rapid.IntRange(0, 6).Draw(t, "cols")
		m := NewMatrix(rows, cols)
		for i := range rows {
			for j := range cols {
				m.Set(i, j, Outcome(rapid.IntRange(0, int(Broken)).Draw(t, "outcome")))
			}
		}
		if rapid.Bool().Draw(t, "public") {
			m.SetPublic(make([][]bool, rows))
		} else {
			pass := make([][]bool, rows)
			for i := range pass {
				pass[i] = []bool{true, false}
			}
			m.SetPublic(pass)
		}
		for _, name := range Names() {
			plain, err := ByName(name, ByDefault)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(plain.Rank(m), narrowing{plain}.Rank(m)); d != "" {
				t.Fatalf("%s (-plain +narrowing):\n%s", name, d)
			}
		}
	})
}
