package replay

import (
	"fmt"
	"io"
	"strings"

	"coderm/budget"
	"coderm/internal/stats"
	"coderm/internal/table"
)

// Markdown writes the replay as a table, accuracies in percent.
func (r *Result) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Selector `%s`, %d problems, %d orders, %d folds by problem, seed %d.\n\n", r.Selector, r.Problems, r.Draws, r.Folds, r.Seed)
	t := table.Markdown(&b, table.Right("mean tests"), table.Left("policy"), table.Right("spent", "accuracy %", "over uniform", "tests saved"))
	for _, row := range r.Rows {
		gain, saved := "", ""
		if row.Policy != budget.PolicyUniform {
			gain = points(row.Gain)
			saved = fmt.Sprintf("%.0f %%", 100*row.Saved)
			if row.SavedMore {
				saved = "> " + saved
			}
		}
		t.Row(row.Budget, row.Policy, fmt.Sprintf("%.1f", row.Spent),
			fmt.Sprintf("%.1f [%.1f, %.1f]", 100*row.Accuracy.Mean, 100*row.Accuracy.Low, 100*row.Accuracy.High), gain, saved)
	}
	r.worthTable(&b)
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// worthTable writes what predictions would be worth, in points.
func (r *Result) worthTable(b *strings.Builder) {
	policies := []string{budget.PolicyDifficulty, budget.PolicyAdaptive, policyRate, PolicyBound}
	b.WriteString("\n")
	t := table.Markdown(b, table.Right("tests so far", "rise by doubling"), table.Right(policies...))
	for _, w := range r.Worth {
		line := []any{w.Tests, fmt.Sprintf("%+.1f", 100*w.Rise.Mean)}
		for _, p := range policies {
			cell := ""
			if v, ok := w.Worth[p]; ok {
				cell = points(v)
			}
			line = append(line, cell)
		}
		t.Row(line...)
	}
	b.WriteString("\nWhat dividing in proportion to the predicted gains is worth, to first order, in points.\n")
}

// points is a difference of shares in percentage points, with its interval.
func points(i stats.Interval) string {
	return fmt.Sprintf("%+.1f [%+.1f, %+.1f]", 100*i.Mean, 100*i.Low, 100*i.High)
}
