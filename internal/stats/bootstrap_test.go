package stats

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

func TestBootstrapMean(t *testing.T) {
	if got := BootstrapMean([]float64{0.5, 0.5, 0.5}, 1); got != (Interval{0.5, 0.5, 0.5}) {
		t.Errorf("of equal values: %+v", got)
	}
	if got := BootstrapMean(nil, 1); got != (Interval{}) {
		t.Errorf("of none: %+v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 1), 1, 30).Draw(t, "values")
		i := BootstrapMean(values, 3)
		if i != BootstrapMean(values, 3) {
			t.Fatal("the same seed gives another interval")
		}
		if i.Low > i.High || i.Low < slices.Min(values)-1e-9 || i.High > slices.Max(values)+1e-9 {
			t.Fatalf("%+v of values from %v to %v", i, slices.Min(values), slices.Max(values))
		}
	})
	// The interval's width is that of the normal approximation, for a mean of many.
	values := make([]float64, 400)
	for k := range values {
		values[k] = float64(k % 2)
	}
	i := BootstrapMean(values, 1)
	if want := 1.96 * 0.5 / 20; math.Abs((i.High-i.Low)/2-want) > 0.005 {
		t.Errorf("half width %v, want about %v", (i.High-i.Low)/2, want)
	}
}

// BootstrapPairs keeps the two values of a problem together: the interval of a perfect
// correlation has no width, and that of a mean of differences is BootstrapMean's.
func TestBootstrapPairs(t *testing.T) {
	x, y, d := make([]float64, 50), make([]float64, 50), make([]float64, 50)
	for k := range x {
		x[k] = float64(k)
		y[k] = 2*x[k] + 1
		d[k] = y[k] - x[k]
	}
	correlation := BootstrapPairs(x, y, 1, func(x, y []float64) float64 { return stat.Correlation(x, y, nil) })
	if math.Abs(correlation.Low-1) > 1e-9 || math.Abs(correlation.High-1) > 1e-9 {
		t.Errorf("a perfect correlation: %+v", correlation)
	}
	difference := BootstrapPairs(x, y, 1, func(x, y []float64) float64 { return stat.Mean(y, nil) - stat.Mean(x, nil) })
	want := BootstrapMean(d, 1)
	if math.Abs(difference.Low-want.Low) > 1e-9 || math.Abs(difference.High-want.High) > 1e-9 {
		t.Errorf("mean difference %+v, want %+v", difference, want)
	}
}

func TestQuantile(t *testing.T) {
	sorted := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 1. / 3: 2, 0.9: 6.8, 1: 8} {
		if got := quantile(sorted, q); math.Abs(got-want) > 1e-12 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
}
