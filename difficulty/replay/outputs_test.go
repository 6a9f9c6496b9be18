package replay

import (
	"testing"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/testkit"
	"coderm/passfile"
	"coderm/rerank"
)

// recordedOutputs are cases of a recorded file with outputs.
func recordedOutputs(t *testing.T, name string) (cases []Case) {
	t.Helper()
	err := passfile.Read(testkit.Data(t, name), func(l *passfile.Line) error {
		e, err := l.Evidence()
		if err != nil {
			return err
		}
		right, err := l.Right(passfile.LabelTruth)
		cases = append(cases, Case{ID: l.TaskID, Evidence: e, Right: right, Drawn: l.Drawn()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// With vote+public at most half of the completions choose as well as all of them:
// in the mean over the recorded sets no worse, on none of them by more than a point.
func TestSettledSavesHalf(t *testing.T) {
	if testing.Short() {
		testkit.Skip(t, testkit.Short)
	}
	const orders = 3
	mean := 0.0
	files := []string{"outputs-codegen16b.jsonl.zst", "outputs-gpt4.jsonl.zst", "outputs-cl34i.jsonl.zst"}
	for _, file := range files {
		ds := newDraws(recordedOutputs(t, file), rerank.Default, orders, 1)
		ceiling := ds.ceiling()
		total := 0
		for _, n := range ceiling {
			total += n
		}
		all, full := ds.play(func([]*trace) []int { return ceiling })
		some, spent := ds.play(func(traces []*trace) []int {
			return spend(budget.Adaptive{
				Total: total, Ceiling: ceiling, Selector: rerank.Default,
				Gains: func(int) budget.Gainer { return difficulty.DefaultRule },
			}, traces)
		})
		lost := 0.0
		for i := range all {
			lost += 100 * (all[i] - some[i]) / float64(len(all))
		}
		t.Logf("%s: %.1f of %.1f completions, %+.2f points", file, spent, full, -lost)
		if spent > full/2 || lost > 1 {
			t.Errorf("%s: %.1f of %.1f completions, %.2f points lost", file, spent, full, lost)
		}
		mean += lost / float64(len(files))
	}
	if mean > 0.1 {
		t.Errorf("%.2f points lost in the mean", mean)
	}
}
