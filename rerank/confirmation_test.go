package rerank

import (
	"slices"
	"testing"
)

// Columns of both kinds confirm together: a text by being generated again, another
// by being passed.
func TestConfirmationOfBothKinds(t *testing.T) {
	m := NewMatrix(2, 4) // two texts, of which the first was said three times, and two methods
	m.Group([][]int{{0, 0}, {0, 1}, {2, 3}})
	m.ByText(func(j int) bool { return j < 2 })
	for j := range 4 {
		m.SetPass(0, j, true)
		m.SetPass(1, j, j == 2)
	}
	for name, c := range map[string]struct {
		m    *Matrix
		want []float64
	}{
		"all":       {m.Methods(), []float64{0.75*2 + 2, 1}},
		"some":      {m.Select([]int{2, 1}).Methods(), []float64{0*0 + 2, 1}},
		"the texts": {m.Select([]int{0, 1}).Methods(), []float64{0.75 * 2, 0}},
		"no texts":  {m.Select([]int{2}).Methods(), []float64{2, 1}},
	} {
		classes, _ := c.m.behaviours([]int{0, 1})
		if got := c.m.confirmation(classes); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
