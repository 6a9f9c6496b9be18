package budget

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"coderm/difficulty"
)

func sum(v []int) int {
	n := 0
	for _, x := range v {
		n += x
	}
	return n
}

func expected(pred []difficulty.Prediction, tests []int) float64 {
	e := 0.0
	for i, b := range tests {
		e += pred[i].At(b)
	}
	return e
}

// exhaustive is the best that any division of at most total tests expects.
func exhaustive(pred []difficulty.Prediction, floor, total int) float64 {
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
func drawConcave(t *rapid.T) []difficulty.Prediction {
	pred := make([]difficulty.Prediction, rapid.IntRange(1, 4).Draw(t, "problems"))
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
	pred := []difficulty.Prediction{
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
		got := Even{c.ceiling}.Allocate(make([]difficulty.Prediction, c.n), c.total)
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
