package llama

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPlaceAs(t *testing.T) {
	for _, tt := range []struct {
		name  string
		free  []int64
		split []float32
		most  int
		want  []int
	}{
		{"three to one", []int64{80 * gib, 80 * gib}, []float32{3, 1}, 33, []int{25, 8}},
		{"all on the second", []int64{80 * gib, 80 * gib}, []float32{0, 1}, 33, []int{0, 33}},
		{"none on the last", []int64{80 * gib, 80 * gib, 80 * gib}, []float32{1, 1, 0}, 33, []int{17, 16, 0}},
		// 195 MiB a layer with its cache.
		{"the first is short", []int64{2 * gib, 80 * gib}, []float32{1, 1}, 33, []int{10, 10}},
		{"as many as asked for", []int64{80 * gib, 80 * gib}, []float32{1, 1}, 8, []int{4, 4}},
		{"the second has no room", []int64{80 * gib, 100}, []float32{1, 1}, 33, []int{1, 0}},
	} {
		if d := cmp.Diff(tt.want, llama8B().placeAs(tt.free, tt.split, tt.most, kvFirst)); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

// TestDivide: it is llama.cpp's rule, so that what is planned is what it does: the
// numbers of layers, given as proportions, come to themselves.
func TestDivide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(0, 40), 1, 6).Draw(t, "counts")
		n := sum(counts)
		if n == 0 {
			return
		}
		split := make([]float32, len(counts))
		for i, c := range counts {
			split[i] = float32(c)
		}
		if got := divide(n, split); !slices.Equal(got, counts) {
			t.Fatalf("%v, want %v", got, counts)
		}
	})
}

func TestParseSplit(t *testing.T) {
	for name, mode := range map[string]int{"none": 0, "": 1, "layer": 1, "row": 2, "tensor": 3} { // llama.h
		if s, err := ParseSplit(name); err != nil || s.mode() != mode {
			t.Errorf("%q: mode %d, %v", name, s.mode(), err)
		}
	}
	if _, err := ParseSplit("rows"); err == nil {
		t.Error("rows is taken")
	}
}
