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
	m.SetPublic([][]Outcome{{Pass, Fail}, {Fail, Error}, {Pass, Pass}, {Pass, Pass}})
	return m
}

func TestNarrowing(t *testing.T) {
	m := publicMatrix()
	for name, want := range map[string][]int{"majority": {0, 1}, "majority+public": {2}, "auto+public": {2}, "codet/class+public": {2}} {
		s, err := ByName(name, ByDefault)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name() != name {
			t.Errorf("%s is called %s", name, s.Name())
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

// A test that did not run neither rules a row out nor lets it rule others out: a
// solution that breaks the sandbox gains nothing by it.
func TestNarrowingWithoutVerdicts(t *testing.T) {
	sel, err := ByName("majority+public", ByDefault)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMatrix(4, 0)
	m.SetPublic([][]Outcome{{Unrun, Unrun}, {Pass, Fail}, {Fail, Unrun}, {Fail, Fail}})
	var got []int
	for _, r := range sel.Rank(m) {
		got = append(got, r.Solution)
	}
	if d := cmp.Diff([]int{0, 1, 2}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestNoSuchSelector(t *testing.T) {
	for _, name := range []string{"luck", "luck+public", "auto+public+public", "codet+public/class", "+public"} {
		if s, err := ByName(name, ByDefault); err == nil || s != nil {
			t.Errorf("%s: %v, %v", name, s, err)
		}
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
			m.SetPublic(make([][]Outcome, rows))
		} else {
			outcomes := make([][]Outcome, rows)
			for i := range outcomes {
				outcomes[i] = []Outcome{Pass, Fail}
			}
			m.SetPublic(outcomes)
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
