package difficulty

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the replay as a table, accuracies in percent.
func (r *Replay) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Selector `%s`, %d problems, %d orders, %d folds by problem, seed %d.\n\n", r.Selector, r.Problems, r.Draws, r.Folds, r.Seed)
	b.WriteString("| mean tests | policy | spent | accuracy % | over uniform | tests saved |\n")
	b.WriteString("|---:|---|---:|---:|---:|---:|\n")
	for _, row := range r.Rows {
		gain, saved := "", ""
		if row.Policy != PolicyUniform {
			gain = fmt.Sprintf("%+.1f [%+.1f, %+.1f]", 100*row.Gain.Mean, 100*row.Gain.Low, 100*row.Gain.High)
			saved = fmt.Sprintf("%.0f %%", 100*row.Saved)
			if row.SavedMore {
				saved = "> " + saved
			}
		}
		fmt.Fprintf(&b, "| %g | %s | %.1f | %.1f [%.1f, %.1f] | %s | %s |\n", row.Budget, row.Policy, row.Spent,
			100*row.Accuracy.Mean, 100*row.Accuracy.Low, 100*row.Accuracy.High, gain, saved)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "\n%s\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
