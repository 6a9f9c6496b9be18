package stats

import (
	"slices"
	"testing"
)

// Every problem is held out once, and the folds differ by at most one problem.
func TestFolds(t *testing.T) {
	const n, folds = 23, 4
	fold := DealFolds(n, folds, 1)
	if !slices.Equal(fold, DealFolds(n, folds, 1)) {
		t.Error("the same seed deals differently")
	}
	var seen []int
	for f := range folds {
		train, held := fold.Split(f)
		if len(train)+len(held) != n || len(held) < n/folds || len(held) > n/folds+1 {
			t.Errorf("fold %d trains on %d and holds out %d", f, len(train), len(held))
		}
		seen = append(seen, held...)
	}
	slices.Sort(seen)
	for i, at := range seen {
		if i != at {
			t.Fatalf("held out %v", seen)
		}
	}
	if got := Pick([]string{"a", "b", "c"}, []int{2, 0}); !slices.Equal(got, []string{"c", "a"}) {
		t.Errorf("picked %v", got)
	}
}
