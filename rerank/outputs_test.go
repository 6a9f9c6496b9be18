package rerank

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawOutputs draws what some rows did on calls.
func drawOutputs(t *rapid.T, rows int) *Outputs {
	kinds := rapid.SliceOfN(rapid.SliceOfN(rapid.SampledFrom([]Kind{Returned, Raised, TimedOut, NotLoaded}), 1, 4), 0, 5).Draw(t, "kinds")
	class := make([][]int, rows)
	for i := range class {
		for _, k := range kinds {
			class[i] = append(class[i], rapid.IntRange(NoClass, len(k)-1).Draw(t, "class"))
		}
	}
	o, err := NewOutputs(class, kinds)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOutputs(t *testing.T) {
	kinds := [][]Kind{{Returned, Raised}, {NotLoaded}}
	o, err := NewOutputs([][]int{{0, NoClass}, {1, 0}}, kinds)
	if err != nil {
		t.Fatal(err)
	}
	if o.Calls() != 2 || o.Classes(0) != 2 || o.Classes(1) != 1 || o.Class(1, 0) != 1 || o.Class(0, 1) != NoClass {
		t.Errorf("%+v", o)
	}
	for _, c := range []struct {
		row, call int
		want      Kind
	}{{0, 0, Returned}, {1, 0, Raised}, {0, 1, Unobserved}, {1, 1, NotLoaded}} {
		if got := o.Kind(c.row, c.call); got != c.want {
			t.Errorf("row %d, call %d: %v, want %v", c.row, c.call, got, c.want)
		}
	}
	for _, class := range [][][]int{{{0}}, {{0, 0, 0}}, {{2, 0}}, {{0, -2}}} {
		if _, err := NewOutputs(class, kinds); err == nil {
			t.Errorf("%v fits %v", class, kinds)
		}
	}
}

// A call goes with the last of the tests that make it; one that no test makes
// stays.
func TestOutputsOfSelectedTests(t *testing.T) {
	o, err := NewOutputs([][]int{{0, 1, 0, 2}}, [][]Kind{{Returned}, {Raised, Returned}, {Returned}, {Returned, Returned, TimedOut}})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.MadeBy([][]int{{0}, {0}, {2, 0}, nil}); err != nil {
		t.Fatal(err)
	}
	e := Evidence{Matrix: NewMatrix(1, 4), Outputs: o}
	e.Group([][]int{{0, 3}, {1}, {2}})
	for _, c := range []struct{ tests, want []int }{
		{[]int{0, 1, 2}, []int{0, 1, 2, 3}},
		{[]int{2, 1}, []int{0, 1, 2, 3}},
		{[]int{1, 1}, []int{0, 1, 3}},
		{[]int{2}, []int{0, 1, 2, 3}},
		{[]int{0}, []int{0, 1, 3}},
		{nil, []int{1, 3}},
	} {
		s := e.Select(c.tests)
		var got []int
		for n := range s.Outputs.Calls() {
			got = append(got, s.Outputs.Number(n))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("tests %v leave calls %v, want %v", c.tests, got, c.want)
		}
		last := s.Outputs.Calls() - 1
		if s.Outputs.Class(0, last) != 2 || s.Outputs.Kind(0, last) != TimedOut || s.Outputs.Classes(last) != 3 {
			t.Errorf("tests %v: the last call is of class %d, %v", c.tests, s.Outputs.Class(0, last), s.Outputs.Kind(0, last))
		}
	}
	if n := e.Select([]int{1}).Select([]int{}).Outputs.Calls(); n != 2 {
		t.Errorf("%d calls after selecting twice", n)
	}
	for _, by := range [][][]int{{{4}}, {nil, {0, -1}}} {
		if o.MadeBy(by) == nil {
			t.Errorf("columns make the calls %v", by)
		}
	}
}
