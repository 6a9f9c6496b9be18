package replay

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"coderm/budget"
	"coderm/internal/stats"
	"coderm/rerank"
)

func TestReplay(t *testing.T) {
	cases := synthetic(40, 16, 11)
	o := Options{Selector: rerank.Selector{Rule: rerank.Reference}, Budgets: []float64{1, 2, 4}, Draws: 2, Folds: 4, Seed: 1}
	r, err := Run(t.Context(), cases, o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Run(t.Context(), cases, o)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(r)
	b, _ := json.Marshal(again)
	if !bytes.Equal(a, b) {
		t.Error("the same seed replays differently")
	}
	uniform := map[float64]float64{}
	for _, row := range r.Rows {
		if row.Spent > row.Budget+1e-9 {
			t.Errorf("%s spent %v of %v", row.Policy, row.Spent, row.Budget)
		}
		switch row.Policy {
		case budget.PolicyUniform:
			uniform[row.Budget] = row.Accuracy.Mean
			if row.Spent != row.Budget || row.Gain.Mean != 0 {
				t.Errorf("uniform: %+v", row)
			}
		case PolicyBound:
			if row.Accuracy.Mean < uniform[row.Budget]-1e-9 {
				t.Errorf("the upper bound %v is below uniform %v", row.Accuracy.Mean, uniform[row.Budget])
			}
		case budget.PolicyAdaptive, policyUnfitted:
			if row.Budget == 1 && row.Gain.Mean != 0 {
				t.Errorf("%s differs from uniform at one test each", row.Policy)
			}
		}
	}
	var table strings.Builder
	if err := r.Markdown(&table); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(table.String(), "\n| "); n != len(r.Rows)+len(r.Worth)+2 {
		t.Errorf("%d table rows for %d results and %d worths:\n%s", n, len(r.Rows), len(r.Worth), table.String())
	}
}

// More folds than problems leave each problem out once.
func TestReplayManyFolds(t *testing.T) {
	cases := synthetic(24, 8, 2)
	r, err := Run(t.Context(), cases, Options{Selector: rerank.Selector{Rule: rerank.Majority}, Budgets: []float64{2}, Draws: 1, Folds: 99, Seed: 1})
	if err != nil || r.Folds != len(cases) {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestReplayBadInput(t *testing.T) {
	o := Options{Selector: rerank.Selector{Rule: rerank.Majority}, Budgets: []float64{1}, Draws: 1, Folds: 2}
	for name, cases := range map[string][]Case{
		"too few problems": synthetic(5, 8, 1),
		"too few tests":    synthetic(30, 1, 1),
		"truth":            append(synthetic(30, 4, 1), Case{ID: "x", Evidence: synthetic(1, 1, 1)[0].Evidence}),
	} {
		if _, err := Run(t.Context(), cases, o); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line", name, err)
		}
	}
}

func TestSaved(t *testing.T) {
	reach := []stats.Point{{X: 1, Y: 0.5}, {X: 2, Y: 0.6}, {X: 4, Y: 0.7}}
	for _, c := range []struct {
		accuracy, spent, want float64
		more                  bool
	}{
		{0.65, 1.5, 0.5, false}, // uniform needs 3
		{0.6, 2, 0, false},
		{0.6, 4, -1, false},
		{0.8, 2, 0.5, true}, // beyond all of uniform
	} {
		got, more := saved(reach, c.accuracy, c.spent)
		if got < c.want-1e-9 || got > c.want+1e-9 || more != c.more {
			t.Errorf("%+v: %v, %v", c, got, more)
		}
	}
}
