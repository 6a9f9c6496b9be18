package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"

	"coderm/passfile"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// The files of a run folder, beside the journal, and of imported data.
const (
	problemsFile  = "problems.jsonl"
	solutionsFile = "solutions.jsonl"
	samplesFile   = "samples.jsonl"
	scoresFile    = "scores.jsonl"
	testsFile     = "tests.jsonl"
	hiddenFile    = "hidden.jsonl"
)

// writeRun writes the result files, each whole or not at all.
func (a *app) writeRun(ctx context.Context, j *job, results []pipeline.Result) error {
	if j.writer != nil {
		if err := writeLines(j.path(testsFile), testsOf(results)); err != nil {
			return err
		}
	}
	if j.exec {
		err := writeFile(j.path(scoresFile), func(w io.Writer) error {
			for _, r := range results {
				l := pipeline.ScoresOf(r)
				if err := passfile.Write(w, &l); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if !j.choose {
		return nil
	}
	if err := writeReport(ctx, j.out, j.path(reportFile), j.print, results, nil); err != nil {
		return err
	}
	var chosen []problem.Solution
	for _, r := range results {
		if r.Choice != nil {
			chosen = append(chosen, problem.Solution{TaskID: r.Problem.ID, Code: r.Rows[r.RowOf[r.Choice.Solution]]})
		}
	}
	return writeLines(j.path(samplesFile), slices.Values(chosen))
}

// testsOf goes through the tests written.
func testsOf(results []pipeline.Result) iter.Seq[problem.UnitTest] {
	return func(yield func(problem.UnitTest) bool) {
		for _, r := range results {
			for _, s := range r.Samples {
				meta := s.Sampled
				meta.Completion, meta.Cut = "", nil // in the journal; here it would double the file
				for _, t := range s.Tests {
					if !yield(problem.UnitTest{TaskID: r.Problem.ID, Style: t.Style, Code: t.Code, Generation: &s.Generation, Meta: &meta}) {
						return
					}
				}
			}
		}
	}
}

// row is one line of the closing table, and of --json.
type row struct {
	TaskID      string  `json:"task_id"`
	Chosen      *int    `json:"chosen,omitempty"`
	Score       float64 `json:"score"`
	Tied        int     `json:"tied,omitempty"`
	Candidates  int     `json:"candidates"`
	Completions int     `json:"completions"`
	Parsed      int     `json:"tests_parsed"`
	Ran         int     `json:"tests_ran"` // gave a verdict that was not an error of the test's own
	// Public counts the examples of the question; PublicPassed is the most of
	// them that any solution passes.
	Public       int      `json:"public"`
	PublicPassed int      `json:"public_passed"`
	Right        *bool    `json:"right,omitempty"`
	Expected     *float64 `json:"right_expected,omitempty"` // chance to be right over the lot between ties
	Random       *float64 `json:"random,omitempty"`         // chance of a random pick to be right
	Missing      string   `json:"missing,omitempty"`        // why completions are missing
}

func rowOf(r pipeline.Result) row {
	out := row{TaskID: r.Problem.ID, Candidates: len(r.RowOf), Completions: len(r.Samples)}
	for _, s := range r.Samples {
		out.Parsed += len(s.Tests)
	}
	if r.Unfilled != nil {
		out.Missing = r.Unfilled.Error()
	}
	out.Ran = r.UsableTests()
	out.Public = len(r.Public)
	for row := range r.PublicOutcomes {
		out.PublicPassed = max(out.PublicPassed, r.PublicPassed(row))
	}
	if r.Choice != nil {
		out.Chosen, out.Score, out.Tied = &r.Choice.Solution, r.Choice.Score, r.Choice.Tied
	}
	if len(r.Truth) > 0 {
		right := 0
		for _, row := range r.RowOf {
			if r.Truth[row] {
				right++
			}
		}
		p := float64(right) / float64(len(r.RowOf))
		out.Random = &p
		if r.Choice != nil {
			ok := r.Truth[r.RowOf[r.Choice.Solution]]
			chance := rerank.ChanceRight(r.Matrix, r.Ranking, r.Truth)
			out.Right, out.Expected = &ok, &chance
		}
	}
	return out
}

// summarize prints the table, or JSON, and decides the exit code.
func (a *app) summarize(j *job, results []pipeline.Result) error {
	var rows []row
	missing, infra := 0, 0
	var unfilled []string
	for _, r := range results {
		rows = append(rows, rowOf(r))
		infra += r.Infra
		if r.Unfilled != nil {
			unfilled = append(unfilled, fmt.Sprintf("%s: %v", r.Problem.ID, r.Unfilled))
		}
		if j.choose && r.Choice == nil {
			missing++
		}
	}
	if a.json {
		if err := a.printJSON(map[string]any{"out": j.out, "problems": rows}); err != nil {
			return err
		}
	} else {
		a.printRows(j, rows)
	}
	switch {
	case missing > 0:
		return partialError("%d of %d problems have no solutions to choose from", missing, len(results))
	case len(unfilled) == 1:
		return partialError("1 of %d problems lacks tests; %s", len(results), unfilled[0])
	case len(unfilled) > 1:
		return partialError("%d of %d problems lack tests, the first is %s", len(unfilled), len(results), unfilled[0])
	case infra > 0:
		return partialError("%d pairs have no verdict because the sandbox itself failed; repeat the command to run them again", infra)
	}
	return unread(j, results)
}

func (a *app) printRows(j *job, rows []row) {
	header := []string{"problem", "tests"}
	divided := j.writer != nil && slices.ContainsFunc(rows, func(r row) bool { return r.Completions != rows[0].Completions })
	if divided { // unevenly, and here is how
		header = slices.Insert(header, 1, "drawn")
	}
	if j.exec {
		header = append(header, "usable")
	}
	public := slices.ContainsFunc(rows, func(r row) bool { return r.Public > 0 })
	if public {
		header = append(header, "public")
	}
	if j.choose {
		header = append(header, "choice", "score", "tied")
	}
	// An earlier run on the folder may have found the truth out.
	truth := slices.ContainsFunc(rows, func(r row) bool { return r.Random != nil })
	if truth {
		header = append(header, "right", "random pick")
	}
	lacking := slices.ContainsFunc(rows, func(r row) bool { return r.Missing != "" })
	if lacking {
		header = append(header, "missing tests")
	}
	var cells [][]string
	right, judged := 0, 0
	expected, random := 0.0, 0.0
	for _, r := range rows {
		line := []string{r.TaskID, fmt.Sprint(r.Parsed)}
		if divided {
			line = slices.Insert(line, 1, fmt.Sprint(r.Completions))
		}
		if j.exec {
			line = append(line, fmt.Sprint(r.Ran))
		}
		if public {
			line = append(line, fmt.Sprintf("%d/%d", r.PublicPassed, r.Public))
		}
		if j.choose {
			line = append(line, orDash(r.Chosen), fmt.Sprintf("%.4g", r.Score), fmt.Sprint(r.Tied))
		}
		if truth {
			line = append(line, yesNo(r.Right), percent(r.Random))
		}
		if lacking {
			line = append(line, cmp.Or(oneLine(r.Missing), "-"))
		}
		if r.Right != nil {
			judged++
			expected += *r.Expected
			random += *r.Random
			if *r.Right {
				right++
			}
		}
		cells = append(cells, line)
	}
	writeTable(a.stdout, header, cells)
	if judged > 0 {
		n := float64(judged) / 100
		fmt.Fprintf(a.stdout, "\n%d of %d choices are right (%.0f %%; %.0f %% in expectation over ties); a random pick would be right in %.0f %%.\n",
			right, judged, float64(right)/n, expected/n, random/n)
	}
	fmt.Fprintf(a.stdout, "\nResults are in %s\n", j.out)
}

func orDash(n *int) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprintf("#%d", *n)
}

func yesNo(b *bool) string {
	switch {
	case b == nil:
		return "-"
	case *b:
		return "yes"
	}
	return "no"
}

func percent(p *float64) string {
	if p == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100**p)
}
