package eval

import (
	"fmt"
	"io"
	"strings"

	"coderm/internal/stats"
)

// benchmarks are the sizes of the benchmarks whose task_ids are known.
var benchmarks = map[string]int{"HumanEval": 164, "Mbpp": 378}

// MarkPartial sets Partial when task_ids of a known benchmark are not all
// there, or problems were left out.
func (s *Study) MarkPartial(problems []Problem) {
	count := map[string]int{}
	for k := range problems {
		if name, _, ok := strings.Cut(problems[k].ID, "/"); ok {
			count[name]++
		}
	}
	s.Partial = len(s.Excluded) > 0
	for name, n := range count {
		if size, known := benchmarks[name]; known && n < size {
			s.Partial = true
		}
	}
}

// Markdown writes the study as tables, in percent with 95 % intervals.
func (s *Study) Markdown(w io.Writer) error {
	var b strings.Builder
	partial := ""
	if s.Partial {
		partial = ", PARTIAL: not the whole benchmark"
	}
	fmt.Fprintf(&b, "%d problems%s\n\n", s.Problems, partial)
	for _, e := range s.Excluded {
		fmt.Fprintf(&b, "- left out %s: %s\n", e.ID, e.Reason)
	}
	b.WriteString("| selector | accuracy % | 95 % interval | over majority | 95 % interval |\n|---|--:|---|--:|---|\n")
	fmt.Fprintf(&b, "| random (pass@1) | %s | | |\n", cells(s.Random))
	for _, sel := range s.Selectors {
		fmt.Fprintf(&b, "| %s | %s | %+.1f | %+.1f to %+.1f |\n", sel.Name, cells(sel.Accuracy),
			100*sel.Gain.Mean, 100*sel.Gain.Low, 100*sel.Gain.High)
	}
	fmt.Fprintf(&b, "| oracle | %s | | |\n", cells(s.Oracle))
	s.markdownPassAt(&b)
	s.markdownQuintiles(&b)
	s.markdownQuality(&b)
	s.markdownCurves(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// cells is an interval as two cells of a table, in percent.
func cells(i stats.Interval) string {
	return fmt.Sprintf("%.1f | %.1f to %.1f", 100*i.Mean, 100*i.Low, 100*i.High)
}

func (s *Study) markdownPassAt(b *strings.Builder) {
	if len(s.PassAt) == 0 {
		return
	}
	b.WriteString("\n| k | pass@k % | 95 % interval |\n|--:|--:|---|\n")
	for _, p := range s.PassAt {
		fmt.Fprintf(b, "| %d | %s |\n", p.K, cells(p.Pass))
	}
}

func (s *Study) markdownQuintiles(b *strings.Builder) {
	if len(s.Quintiles) == 0 {
		return
	}
	b.WriteString("\n| quintile by pass rate | problems | random |")
	for _, sel := range s.Selectors {
		b.WriteString(" " + sel.Name + " |")
	}
	b.WriteString(" oracle |\n|---|--:|--:|" + strings.Repeat("--:|", len(s.Selectors)+1) + "\n")
	for n, q := range s.Quintiles {
		name := [...]string{"1 (easiest)", "2", "3", "4", "5 (hardest)"}[n]
		fmt.Fprintf(b, "| %s | %d | %.1f |", name, q.Problems, 100*q.Random)
		for _, sel := range s.Selectors {
			fmt.Fprintf(b, " %.1f |", 100*q.Accuracy[sel.Name])
		}
		fmt.Fprintf(b, " %.1f |\n", 100*q.Oracle)
	}
}

func (s *Study) markdownQuality(b *strings.Builder) {
	b.WriteString("\n| tests as judges | of | Acc | F1 | FAR | FRR |\n|---|---|--:|--:|--:|--:|\n")
	for _, q := range s.Quality {
		fmt.Fprintf(b, "| %s | %s | %.1f | %.1f | %.1f | %.1f |\n", q.Mode, q.Tests, 100*q.Acc, 100*q.F1, 100*q.FAR, 100*q.FRR)
	}
}

func (s *Study) markdownCurves(b *strings.Builder) {
	axis := ""
	for _, c := range s.Curves {
		if c.Axis != axis {
			axis = c.Axis
			fmt.Fprintf(b, "\n| accuracy %% by %s |", axis)
			for _, p := range c.Points {
				fmt.Fprintf(b, " %d |", p.Size)
			}
			b.WriteString("\n|---|" + strings.Repeat("--:|", len(c.Points)) + "\n")
		}
		b.WriteString("| " + c.Selector + " |")
		for _, p := range c.Points {
			fmt.Fprintf(b, " %.1f |", 100*p.Accuracy)
		}
		b.WriteString("\n")
	}
}
