package replay

import (
	"fmt"
	"io"
	"strings"

	"coderm/budget"
)

// Markdown writes the replay as a table, accuracies in percent.
func (r *Result) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Selector `%s`, %d problems, %d orders, %d folds by problem, seed %d.\n\n", r.Selector, r.Problems, r.Draws, r.Folds, r.Seed)
	b.WriteString("| mean tests | policy | spent | accuracy % | over uniform | tests saved |\n")
	b.WriteString("|---:|---|---:|---:|---:|---:|\n")
	for _, row := range r.Rows {
		gain, saved := "", ""
		if row.Policy != budget.PolicyUniform {
			gain = fmt.Sprintf("%+.1f [%+.1f, %+.1f]", 100*row.Gain.Mean, 100*row.Gain.Low, 100*row.Gain.High)
			saved = fmt.Sprintf("%.0f %%", 100*row.Saved)
			if row.SavedMore {
				saved = "> " + saved
			}
		}
		fmt.Fprintf(&b, "| %g | %s | %.1f | %.1f [%.1f, %.1f] | %s | %s |\n", row.Budget, row.Policy, row.Spent,
			100*row.Accuracy.Mean, 100*row.Accuracy.Low, 100*row.Accuracy.High, gain, saved)
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
	b.WriteString("\n| tests so far | rise by doubling | ")
	policies := []string{budget.PolicyDifficulty, budget.PolicyAdaptive, policyRate, PolicyBound}
	b.WriteString(strings.Join(policies, " | ") + " |\n|---:|" + strings.Repeat("---:|", 1+len(policies)) + "\n")
	for _, w := range r.Worth {
		fmt.Fprintf(b, "| %d | %+.1f |", w.Tests, 100*w.Rise.Mean)
		for _, p := range policies {
			if v, ok := w.Worth[p]; ok {
				fmt.Fprintf(b, " %+.1f [%+.1f, %+.1f] |", 100*v.Mean, 100*v.Low, 100*v.High)
			} else {
				b.WriteString(" |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\nWhat dividing in proportion to the predicted gains is worth, to first order, in points.\n")
}
