package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestIsotonic(t *testing.T) {
	// Recorded from scikit-learn 1.5's IsotonicRegression.
	got := Isotonic([]float64{1, 3, 2, 4, 3.5, 1}, []float64{1, 1, 2, 1, 1, 1})
	want := []float64{1, 7. / 3, 7. / 3, 17. / 6, 17. / 6, 17. / 6}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOf(rapid.Float64Range(-1, 1)).Draw(t, "y")
		fit := Isotonic(y, nil)
		var before, after float64
		for i := range fit {
			before, after = before+y[i], after+fit[i]
			if i > 0 && fit[i] < fit[i-1]-1e-12 {
				t.Fatalf("falls at %d: %v", i, fit)
			}
		}
		if math.Abs(before-after) > 1e-9 {
			t.Fatalf("the mean changed: %v to %v", before, after)
		}
	})
}
