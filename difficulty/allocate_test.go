package difficulty

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func sum(v []int) int {
	n := 0
	for _, x := range v {
		n += x
	}
	return n
}

func expected(pred []Prediction, tests []int) float64 {
	e := 0.0
	for i, b := range tests {
		e += pred[i].at(b)
	}
	return e
}

// exhaustive is the best that any division of at most total tests expects.
func exhaustive(pred []Prediction, floor, total int) float64 {
	if len(pred) == 0 {
		return 0
	}
	best := math.Inf(-1)
	for b := floor; b <= total-floor*(len(pred)-1) && b < len(pred[0].Solved); b++ {
		best = max(best, pred[0].Solved[b]+exhaustive(pred[1:], floor, total-b))
	}
	return best
}

// drawConcave draws curves whose steps never grow; a step may be negative.
func drawConcave(t *rapid.T) []Prediction {
	pred := make([]Prediction, rapid.IntRange(1, 4).Draw(t, "problems"))
	for i := range pred {
		step := rapid.Float64Range(0, 0.3).Draw(t, "step")
		solved := []float64{rapid.Float64Range(0, 0.5).Draw(t, "start")}
		for range rapid.IntRange(2, 6).Draw(t, "tests") {
			solved = append(solved, solved[len(solved)-1]+step)
			step -= rapid.Float64Range(0, 0.15).Draw(t, "bend")
		}
		pred[i].Solved = solved
	}
	return pred
}

func TestGreedyIsBestForConcaveCurves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pred := drawConcave(t)
		floor := rapid.IntRange(0, 2).Draw(t, "floor")
		total := rapid.IntRange(floor*len(pred), 12).Draw(t, "total")
		got := Greedy{Floor: floor}.Allocate(pred, total)
		if sum(got) > total {
			t.Fatalf("spent %d of %d", sum(got), total)
		}
		for i, b := range got {
			if b < floor || b > len(pred[i].Solved)-1 {
				t.Fatalf("problem %d got %d, outside %d to %d", i, b, floor, len(pred[i].Solved)-1)
			}
		}
		if e, best := expected(pred, got), exhaustive(pred, floor, total); e < best-1e-9 {
			t.Fatalf("%v expects %v, the best division %v", got, e, best)
		}
	})
}

func TestGreedySkipsWhatDoesNotPay(t *testing.T) {
	pred := []Prediction{
		{Solved: []float64{0.5, 0.5, 0.5}},           // settled
		{Solved: []float64{0.2, 0.2, 0.8}},           // pays off at two tests
		{Solved: []float64{0.6, 0.7, 0.4, 0.3, 0.2}}, // one helps, more hurt
	}
	got := Greedy{}.Allocate(pred, 9)
	for i, want := range []int{0, 2, 1} {
		if got[i] != want {
			t.Errorf("problem %d got %d, want %d", i, got[i], want)
		}
	}
	if got := (Greedy{Ceiling: []int{2, 1, 4}}).Allocate(pred, 9); got[1] > 1 {
		t.Errorf("ceiling of 1 exceeded: %v", got)
	}
}

func TestEven(t *testing.T) {
	for _, c := range []struct {
		name    string
		n       int
		ceiling []int
		total   int
		want    []int
	}{
		{"divides", 3, nil, 6, []int{2, 2, 2}},
		{"remainder to the first", 3, nil, 8, []int{3, 3, 2}},
		{"fewer than problems", 3, nil, 2, []int{1, 1, 0}},
		{"what one cannot use goes on", 3, []int{1, 9, 9}, 9, []int{1, 4, 4}},
		{"all full", 2, []int{1, 2}, 9, []int{1, 2}},
		{"none", 0, nil, 5, []int{}},
	} {
		got := Even{c.ceiling}.Allocate(make([]Prediction, c.n), c.total)
		if len(got) != len(c.want) {
			t.Fatalf("%s: %v", c.name, got)
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
				break
			}
		}
	}
}

func TestIsotonic(t *testing.T) {
	// Recorded from scikit-learn 1.5's IsotonicRegression.
	got := isotonic([]float64{1, 3, 2, 4, 3.5, 1}, []float64{1, 1, 2, 1, 1, 1})
	want := []float64{1, 7. / 3, 7. / 3, 17. / 6, 17. / 6, 17. / 6}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOf(rapid.Float64Range(-1, 1)).Draw(t, "y")
		fit := isotonic(y, nil)
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

func TestEnvelope(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var points []point
		for x := range rapid.IntRange(1, 12).Draw(t, "n") {
			points = append(points, point{float64(x), rapid.Float64Range(0, 1).Draw(t, "y")})
		}
		hull := envelope(points)
		for _, p := range points {
			if interpolate(hull, p.x) < p.y-1e-9 {
				t.Fatalf("%v is above its envelope %v", p, hull)
			}
		}
		for k := 2; k < len(hull); k++ {
			a, b, c := hull[k-2], hull[k-1], hull[k]
			if (b.y-a.y)/(b.x-a.x) < (c.y-b.y)/(c.x-b.x)-1e-9 {
				t.Fatalf("not concave at %v: %v", b, hull)
			}
		}
	})
}
