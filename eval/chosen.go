package eval

import (
	"fmt"
	"io"
	"strings"

	"coderm/internal/stats"
	"coderm/internal/table"
	"coderm/problem"
)

// Chosen is a run's choice for a problem, judged.
type Chosen struct {
	ID       string        `json:"task_id"`
	Solution int           `json:"chosen"` // index of the sample
	Right    bool          `json:"right"`
	Why      problem.Wrong `json:"why,omitzero"` // where it is wrong
}

// Choices are the choices of a run, judged, and nothing of its other solutions.
type Choices struct {
	Problems int            `json:"problems"`
	Accuracy stats.Interval `json:"accuracy"`
	Partial  bool           `json:"partial"`
	LeftOut  int            `json:"left_out,omitempty"` // problems of the run that were not asked for
	Excluded []Excluded     `json:"excluded,omitempty"`
	Choices  []Chosen       `json:"choices"`
}

// ChoicesOf sums choices up.
func ChoicesOf(chosen []Chosen, excluded []Excluded, leftOut int, seed uint64) *Choices {
	c := &Choices{Problems: len(chosen), Excluded: excluded, LeftOut: leftOut, Choices: chosen}
	right := make([]float64, len(chosen))
	ids := make([]string, len(chosen))
	for k, one := range chosen {
		if ids[k] = one.ID; one.Right {
			right[k] = 1
		}
	}
	c.Accuracy = stats.BootstrapMean(right, seed)
	c.Partial = partial(ids, excluded) || leftOut > 0
	return c
}

// Markdown writes the accuracy, and every wrong choice with its reason.
func (c *Choices) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems%s\n\n", c.Problems, partialNote(c.Partial, c.LeftOut))
	writeExcluded(&b, c.Excluded)
	n := 0
	for _, one := range c.Choices {
		if one.Right {
			n++
		}
	}
	fmt.Fprintf(&b, "%d of %d choices are right: %s %% (95 %% interval %s)\n", n, c.Problems, mean(c.Accuracy), bounds(c.Accuracy))
	b.WriteString("What a random pick, the examples alone and the oracle reach is known when all solutions are judged: without --chosen.\n")
	writeWrong(&b, c.Choices, len(c.Choices))
	_, err := io.WriteString(w, b.String())
	return err
}

// writeWrong lists the wrong choices, so many at most.
func writeWrong(b *strings.Builder, chosen []Chosen, most int) {
	var wrong []Chosen
	for _, one := range chosen {
		if !one.Right {
			wrong = append(wrong, one)
		}
	}
	if len(wrong) == 0 {
		return
	}
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("wrong choice", "solution", "input", "got", "expected"))
	for _, one := range wrong[:min(most, len(wrong))] {
		t.Row(one.ID, fmt.Sprintf("#%d", one.Solution), code(one.Why.Input), one.Why.Got, code(one.Why.Expected))
	}
	if rest := len(wrong) - most; rest > 0 {
		fmt.Fprintf(b, "\nand %d more: --chosen or --json lists them all\n", rest)
	}
}

// code is text as Markdown's code.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + problem.ShortText(strings.ReplaceAll(text, "`", "'")) + "`"
}
