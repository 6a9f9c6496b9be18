package eval

import (
	"fmt"
	"io"
	"strings"

	"coderm/internal/stats"
	"coderm/internal/table"
	"coderm/rerank"
)

// benchmarks are the sizes of the benchmarks whose task_ids are known.
var benchmarks = map[string]int{"HumanEval": 164, "Mbpp": 378}

// MarkPartial sets Partial when task_ids of a known benchmark are not all
// there, or problems were left out.
func (s *Study) MarkPartial(problems []Problem) {
	ids := make([]string, len(problems))
	for k := range problems {
		ids[k] = problems[k].ID
	}
	s.Partial = partial(ids, s.Excluded) || s.LeftOut > 0
}

func partial(ids []string, excluded []Excluded) bool {
	count := map[string]int{}
	for _, id := range ids {
		if name, _, ok := strings.Cut(id, "/"); ok {
			count[name]++
		}
	}
	for name, n := range count {
		if size, known := benchmarks[name]; known && n < size {
			return true
		}
	}
	return len(excluded) > 0
}

func partialNote(partial bool, leftOut int) string {
	switch {
	case leftOut > 0:
		return fmt.Sprintf(", PARTIAL: %d more were left out", leftOut)
	case partial:
		return ", PARTIAL: not the whole benchmark"
	}
	return ""
}

func writeExcluded(b *strings.Builder, excluded []Excluded) {
	for _, e := range excluded {
		fmt.Fprintf(b, "- left out %s: %s\n", e.ID, e.Reason)
	}
	if len(excluded) > 0 {
		b.WriteString("\n")
	}
}

// wrongShown is how many wrong choices of a run are listed in text.
const wrongShown = 10

// Markdown writes the study as tables, in percent with 95 % intervals.
func (s *Study) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems%s\n\n", s.Problems, partialNote(s.Partial, s.LeftOut))
	writeExcluded(&b, s.Excluded)
	if s.Slow > 0 {
		fmt.Fprintf(&b, "%d pairs had the first fuel only and count as timeouts: more could not change the run's choices, but those of other selectors\n\n", s.Slow)
	}
	t := table.Markdown(&b, table.Left("selector"), table.Right("accuracy %"), table.Left("95 % interval"),
		table.Right("over majority"), table.Left("95 % interval"))
	t.Row("random (pass@1)", mean(s.Random), bounds(s.Random), "", "")
	for _, sel := range s.Selectors {
		t.Row(Label(sel.Name), mean(sel.Accuracy), bounds(sel.Accuracy), fmt.Sprintf("%+.1f", 100*sel.Gain.Mean),
			fmt.Sprintf("%+.1f to %+.1f", 100*sel.Gain.Low, 100*sel.Gain.High))
	}
	t.Row("oracle", mean(s.Oracle), bounds(s.Oracle), "", "")
	s.markdownGroups(&b)
	s.markdownPassAt(&b)
	s.markdownQuintiles(&b)
	s.markdownQuality(&b)
	s.markdownCurves(&b)
	writeWrong(&b, s.OfRun, wrongShown)
	_, err := io.WriteString(w, b.String())
	return err
}

// Label is a selector's name for people.
func Label(selector string) string {
	if selector == string(rerank.Public) {
		return selector + " (examples alone)"
	}
	return selector
}

func percent(share float64) string { return fmt.Sprintf("%.1f", 100*share) }

func mean(i stats.Interval) string { return percent(i.Mean) }

func bounds(i stats.Interval) string { return percent(i.Low) + " to " + percent(i.High) }

func (s *Study) markdownPassAt(b *strings.Builder) {
	if len(s.PassAt) == 0 {
		return
	}
	b.WriteString("\n")
	t := table.Markdown(b, table.Right("k", "pass@k %"), table.Left("95 % interval"))
	for _, p := range s.PassAt {
		t.Row(p.K, mean(p.Pass), bounds(p.Pass))
	}
}

func (s *Study) markdownQuintiles(b *strings.Builder) {
	if len(s.Quintiles) == 0 {
		return
	}
	row := func(t *table.Table, name string, value func(q Quintile) any) {
		cells := []any{name}
		for _, q := range s.Quintiles {
			cells = append(cells, value(q))
		}
		t.Row(cells...)
	}
	share := func(f func(q Quintile) float64) func(Quintile) any {
		return func(q Quintile) any { return percent(f(q)) }
	}
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("accuracy % by quintile of pass rate"), table.Right("1 (easiest)", "2", "3", "4", "5 (hardest)"))
	row(t, "problems", func(q Quintile) any { return q.Problems })
	row(t, "random (pass@1)", share(func(q Quintile) float64 { return q.Random }))
	for _, sel := range s.Selectors {
		row(t, Label(sel.Name), share(func(q Quintile) float64 { return q.Accuracy[sel.Name] }))
	}
	row(t, "oracle", share(func(q Quintile) float64 { return q.Oracle }))
}

func (s *Study) markdownQuality(b *strings.Builder) {
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("tests as judges", "of"), table.Right("Acc", "F1", "FAR", "FRR"))
	for _, q := range s.Quality {
		t.Row(q.Mode, q.Tests, percent(q.Acc), percent(q.F1), percent(q.FAR), percent(q.FRR))
	}
}

// markdownCurves writes a table for each axis.
func (s *Study) markdownCurves(b *strings.Builder) {
	var t *table.Table
	axis := ""
	for _, c := range s.Curves {
		if c.Axis != axis {
			axis = c.Axis
			var sizes []string
			for _, p := range c.Points {
				sizes = append(sizes, fmt.Sprint(p.Size))
			}
			b.WriteString("\n")
			t = table.Markdown(b, table.Left("accuracy % by "+axis), table.Right(sizes...))
		}
		row := []any{c.Selector}
		for _, p := range c.Points {
			row = append(row, percent(p.Accuracy))
		}
		t.Row(row...)
	}
}
