package replay

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/stats"
	"coderm/internal/table"
)

// LeaveOut says what each kind of feature brings: the gain over an even division
// of the policies that learn from some of the features only.
type LeaveOut struct {
	Selector string        `json:"selector"`
	Problems int           `json:"problems"`
	Draws    int           `json:"draws"`
	Folds    int           `json:"folds"`
	Seed     uint64        `json:"seed"`
	Budgets  []float64     `json:"budgets"` // mean tests a problem
	Rows     []LeaveOutRow `json:"rows"`
}

// LeaveOutRow is one policy with one choice of features.
type LeaveOutRow struct {
	Policy   string           `json:"policy"`
	Features string           `json:"features"`
	Gain     []stats.Interval `json:"gain"` // by budget
}

// NewLeaveOut replays PolicyDifficulty with each kind of what is known before any
// test, and PolicyAdaptive with all groups of pilot features and without each.
func NewLeaveOut(ctx context.Context, cases []Case, o Options) (*LeaveOut, error) {
	r, err := newReplayer(cases, o)
	if err != nil {
		return nil, err
	}
	w := &LeaveOut{Selector: o.Selector.String(), Problems: len(cases), Draws: o.Draws, Folds: r.Folds, Seed: o.Seed, Budgets: o.Budgets}
	base := make([][]float64, len(o.Budgets))
	for k, mean := range o.Budgets {
		base[k], _ = r.draws.play(func([]*trace) []int { return r.uniform(mean) })
	}
	add := func(policy, features string, divide func(mean float64) func([]*trace) []int) error {
		row := LeaveOutRow{Policy: policy, Features: features}
		for k, mean := range o.Budgets {
			gain, _ := r.draws.play(divide(mean))
			for i := range gain {
				gain[i] -= base[k][i]
			}
			row.Gain = append(row.Gain, stats.BootstrapMean(gain, o.Seed))
		}
		w.Rows = append(w.Rows, row)
		return ctx.Err()
	}
	for _, use := range difficulty.Has(r.before()).Kinds() {
		if err := r.predict(use); err != nil {
			return nil, err
		}
		if err := add(budget.PolicyDifficulty, use.String(), r.difficulty); err != nil {
			return nil, err
		}
	}
	all := o.Groups
	if len(all) == 0 {
		all = difficulty.PilotGroups()
		if !slices.ContainsFunc(cases, func(c Case) bool { return c.Outputs.Calls() > 0 }) {
			all = slices.DeleteFunc(all, func(g string) bool { return g == difficulty.OutputGroup })
		}
	}
	for _, left := range append([]string{""}, all...) {
		r.Groups = slices.DeleteFunc(slices.Clone(all), func(g string) bool { return g == left })
		name := "all of the pilot"
		if left != "" {
			name = "without " + left
		}
		if len(r.Groups) == 0 {
			continue // none would mean all
		}
		if err := r.fit(); err != nil {
			return nil, err
		}
		if err := add(budget.PolicyAdaptive, name, r.fitted); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Markdown writes the comparison as a table, gains in points.
func (w *LeaveOut) Markdown(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Gain over uniform in points, selector `%s`, %d problems, %d orders, %d folds by problem, seed %d.\n\n",
		w.Selector, w.Problems, w.Draws, w.Folds, w.Seed)
	var means []string
	for _, mean := range w.Budgets {
		means = append(means, fmt.Sprintf("mean of %g", mean))
	}
	t := table.Markdown(&b, table.Left("policy", "features"), table.Right(means...))
	for _, row := range w.Rows {
		line := []any{row.Policy, row.Features}
		for _, g := range row.Gain {
			line = append(line, points(g))
		}
		t.Row(line...)
	}
	_, err := io.WriteString(out, b.String())
	return err
}
