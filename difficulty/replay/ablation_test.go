package replay

import (
	"math"
	"testing"

	"coderm/difficulty"
)

func TestRatesAreLearned(t *testing.T) {
	known, rates := knownOf(synthetic(60, 2, 7))
	for _, use := range []difficulty.Features{{Text: true}, {Hidden: true}} {
		p, err := crossPredict(known, rates, use, []int{0, difficulty.HiddenUnits}, 5, 1)
		if err != nil {
			t.Fatal(err)
		}
		s := judge(p, rates, 1)
		if s.Spearman.Mean < 0.6 || s.AUC < 0.65 || s.Spearman.Low > s.Spearman.Mean || s.Spearman.High < s.Spearman.Mean {
			t.Errorf("%v: %+v", use, s)
		}
	}
	again, err := crossPredict(known, rates, difficulty.Features{Text: true}, []int{difficulty.HiddenUnits}, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	same, err := crossPredict(known, rates, difficulty.Features{Text: true}, []int{difficulty.HiddenUnits}, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if again[i] != same[i] {
			t.Fatal("the same seed predicts differently")
		}
	}
}

// Recorded from scikit-learn's roc_auc_score and scipy's spearmanr.
func TestMetrics(t *testing.T) {
	p, y := []float64{0.1, 0.4, 0.35, 0.8, 0.4}, []float64{0, 0, 1, 1, 1}
	if got := auc(p, y); math.Abs(got-0.75) > 1e-12 {
		t.Errorf("AUC %v, want 0.75", got)
	}
	if got := spearman([]float64{1, 2, 3, 4, 5}, []float64{5, 6, 7, 8, 7}); math.Abs(got-0.8207826816681233) > 1e-12 {
		t.Errorf("Spearman %v", got)
	}
	s := judge(p, y, 1)
	if want := (0.01 + 0.16 + 0.4225 + 0.04 + 0.36) / 5; math.Abs(s.Brier-want) > 1e-12 {
		t.Errorf("Brier %v, want %v", s.Brier, want)
	}
	n := 0
	for _, b := range s.Reliability {
		n += b.Problems
	}
	if n != len(p) {
		t.Errorf("%d problems in the reliability bins, want %d", n, len(p))
	}
}
