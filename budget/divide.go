package budget

import (
	"fmt"
	"io"

	"coderm/difficulty"
	"coderm/internal/table"
)

// Share is one problem's part of a division.
type Share struct {
	TaskID   string  `json:"task_id"`
	PassRate float64 `json:"pass_rate"` // predicted
	// Solved is the expected probability of a right choice at 1 test and at
	// the share.
	Solved [2]float64 `json:"solved"`
	Tests  int        `json:"tests"`
}

// Divide predicts by the classifier and divides a budget of total tests between
// problems of which that much is known, each getting at least floor.
func Divide(c *difficulty.Classifier, ids []string, known []difficulty.Known, total, floor int) ([]Share, error) {
	rates, curves, err := c.Predict(known)
	if err != nil {
		return nil, err
	}
	tests := Greedy{Floor: floor}.Allocate(curves, total)
	out := make([]Share, len(ids))
	for i, id := range ids {
		solved := curves[i].Solved
		out[i] = Share{id, rates[i], [2]float64{solved[min(1, len(solved)-1)], solved[min(tests[i], len(solved)-1)]}, tests[i]}
	}
	return out, nil
}

// Explain writes a classifier in words, and a division by it, if there is one.
func Explain(w io.Writer, c *difficulty.Classifier, shares []Share) error {
	fmt.Fprintf(w, "learned from %d problems, for selector %s\n", c.Problems, c.Selector)
	if c.Model != "" {
		fmt.Fprintf(w, "hidden states: %s prompt of model %s\n", c.States, c.Model)
	}
	fmt.Fprintln(w, c.Gain.Describe())
	fmt.Fprintln(w)
	t := table.Plain(w, table.Left("feature (+1 deviation)", "choice moves, log-odds", "gain, points"))
	for _, e := range c.Gain.Effects() {
		t.Row(e.Feature, fmt.Sprintf("%+.2f", e.Change), fmt.Sprintf("%+.2f", 100*e.Correction))
	}
	if err := t.Flush(); err != nil || len(shares) == 0 {
		return err
	}
	fmt.Fprintln(w)
	t = table.Plain(w, table.Left("problem", "pass rate", "solved at 1 test", "at its share", "tests"))
	for _, s := range shares {
		t.Row(s.TaskID, fmt.Sprintf("%.2f", s.PassRate), fmt.Sprintf("%.2f", s.Solved[0]), fmt.Sprintf("%.2f", s.Solved[1]), s.Tests)
	}
	return t.Flush()
}
