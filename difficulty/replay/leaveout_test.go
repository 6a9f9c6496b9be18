package replay

import (
	"bytes"
	"strings"
	"testing"

	"coderm/difficulty"
	"coderm/rerank"
)

func TestLeaveOut(t *testing.T) {
	o := Options{Selector: rerank.Selector{Rule: rerank.Majority}, Budgets: []float64{2, 4}, Draws: 3, Folds: 3, Seed: 1}
	cases := synthetic(40, 12, 3)
	w, err := NewLeaveOut(t.Context(), cases, o)
	if err != nil {
		t.Fatal(err)
	}
	if want := 3 + 1 + len(difficulty.PilotGroups()) - 1; len(w.Rows) != want {
		t.Fatalf("%d rows, want %d: 3 kinds of features, the whole pilot and each group left out, but for outputs, which there are none of", len(w.Rows), want)
	}
	// The rows are those of a replay with the same features.
	r, err := Run(t.Context(), cases, o)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, row := range w.Rows {
		for _, want := range r.Rows {
			if row.Policy != want.Policy || row.Features != "text + hidden state" && row.Features != "all of the pilot" {
				continue
			}
			compared++
			k := 0
			if want.Budget == o.Budgets[1] {
				k = 1
			}
			if row.Gain[k] != want.Gain {
				t.Errorf("%s at %g: gain %v, in the replay %v", row.Policy, want.Budget, row.Gain[k], want.Gain)
			}
		}
	}
	if want := 2 * len(o.Budgets); compared != want {
		t.Errorf("%d gains compared with the replay's, want %d: of two policies", compared, want)
	}
	var b bytes.Buffer
	if err := w.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != len(w.Rows)+4 {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
	o.Groups = []string{"count"}
	if w, err = NewLeaveOut(t.Context(), cases, o); err != nil || len(w.Rows) != 4 {
		t.Errorf("of one group: %v, %v", w, err)
	}
}
