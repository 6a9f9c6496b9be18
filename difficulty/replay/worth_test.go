package replay

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"
)

// Where curves rise by slope·ln(tests), the worth is what dividing the tests in
// proportion gains, and no knowledge is worth more than the slopes themselves.
func TestProportional(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "problems")
		column := func(name string) [][]float64 {
			out := make([][]float64, n)
			for i := range out {
				out[i] = []float64{rapid.Float64Range(0.5, 2).Draw(t, name)} // within leastShare of the mean
			}
			return out
		}
		slopes, known := column("slope"), column("known")
		total, known1 := 0.0, 0.0
		for i := range known {
			known1 += known[i][0] / float64(n)
		}
		for i := range slopes {
			total += slopes[i][0] * (math.Log(30*known[i][0]/known1) - math.Log(30)) / float64(n)
		}
		worth := stat.Mean(proportional(slopes, known), nil)
		if math.Abs(worth-total) > 1e-9 {
			t.Fatalf("worth %v, dividing 30 tests a problem gains %v", worth, total)
		}
		if best := stat.Mean(proportional(slopes, slopes), nil); worth > best+1e-9 {
			t.Fatalf("knowing %v is worth %v, the slopes %v only %v", known, worth, slopes, best)
		}
	})
}

func TestProportionalWithoutKnowledge(t *testing.T) {
	slopes := [][]float64{{0.1, 0.3}, {0, -0.2}}
	if w := proportional(slopes, [][]float64{{2, 2}, {2, 2}}); w[0] != 0 || w[1] != 0 {
		t.Errorf("equal predictions are worth %v", w)
	}
	if w := proportional(slopes, [][]float64{{-1, 0}, {0, -1}}); w != nil {
		t.Errorf("worth %v where nobody gains", w)
	}
}
