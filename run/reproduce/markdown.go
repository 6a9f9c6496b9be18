package reproduce

import (
	"fmt"
	"io"
	"strings"

	"coderm/eval"
	"coderm/internal/table"
)

// Markdown writes the results as the paper's tables, in percent, its figures beside
// them.
func Markdown(w io.Writer, results []*Result) error {
	var b strings.Builder
	best(&b, results)
	qualities(&b, results)
	curves(&b, results)
	differences(&b, results)
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(share float64) string { return fmt.Sprintf("%.2f", 100*share) }

func best(b *strings.Builder, results []*Result) {
	t := table.Markdown(b, table.Left(fmt.Sprintf("best of %d", Solutions), "policy", "tests by"), table.Right("problems", "vanilla", "paper's", "chosen", "paper's"),
		table.Left("95 % interval"), table.Right("best possible"))
	for _, r := range results {
		vanilla, chosen := "", ""
		if r.Paper != nil {
			vanilla, chosen = fmt.Sprintf("%.2f", r.Paper.Vanilla), fmt.Sprintf("%.2f", r.Paper.Best)
		}
		t.Row(r.Benchmark, r.Policy, r.Judge, r.Problems, percent(r.Vanilla.Mean), vanilla, percent(r.Best.Mean), chosen,
			percent(r.Best.Low)+" to "+percent(r.Best.High), percent(r.Oracle.Mean))
	}
}

func qualities(b *strings.Builder, results []*Result) {
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("quality of tests", "policy", "tests by", "of"), table.Right("Acc", "F1", "FAR", "FRR"))
	row := func(benchmark, policy, judge string, q eval.Quality) {
		t.Row(benchmark, policy, judge, q.Mode, percent(q.Acc), percent(q.F1), percent(q.FAR), percent(q.FRR))
	}
	for _, r := range results {
		for _, q := range r.Quality {
			row(r.Benchmark, r.Policy, r.Judge, q)
		}
	}
	for _, q := range paperQuality {
		row("humaneval+", "llama3.1-8b, the paper's", paperJudge, q)
	}
}

func curves(b *strings.Builder, results []*Result) {
	var sizes []string
	for _, p := range results[0].Curve {
		sizes = append(sizes, fmt.Sprint(p.Size))
	}
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("chosen by number of tests", "policy", "tests by"), table.Right(sizes...))
	for _, r := range results {
		row := []any{r.Benchmark, r.Policy, r.Judge}
		for _, p := range r.Curve {
			row = append(row, percent(p.Accuracy))
		}
		t.Row(row...)
	}
}

func differences(b *strings.Builder, results []*Result) {
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("what differs", "policy", "tests by"),
		table.Right("tests", "of no method", "unusable", "problems without", "pairs", "timed out", "of them not run", "ties of right and wrong", "mixed verdicts", "no verdict"))
	for _, r := range results {
		d := r.Differences
		t.Row(r.Benchmark, r.Policy, r.Judge, d.Tests, d.Empty, d.Unusable, d.Untested, d.Pairs, d.Timeouts, d.Skipped, d.Tied, d.Mixed, d.Infra)
	}
}
