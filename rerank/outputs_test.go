package rerank

import (
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
