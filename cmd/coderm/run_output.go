package main

import (
	"cmp"
	"fmt"
	"slices"

	"coderm/run"
)

// printOutcomes prints a run's closing table.
func (a *app) printOutcomes(spec run.Spec, s run.Summary) {
	rows := s.Outcomes
	header := []string{"problem", "tests"}
	divided := spec.Writing != nil && slices.ContainsFunc(rows, func(r run.Outcome) bool { return r.Completions != rows[0].Completions })
	if divided { // unevenly, and here is how
		header = slices.Insert(header, 1, "drawn")
	}
	if spec.Job != run.Testgen {
		header = append(header, "usable")
	}
	public := slices.ContainsFunc(rows, func(r run.Outcome) bool { return r.Public > 0 })
	if public {
		header = append(header, "public")
	}
	if spec.Job == run.Rerank {
		header = append(header, "choice", "score", "tied")
	}
	// An earlier run on the folder may have found the truth out.
	truth := slices.ContainsFunc(rows, func(r run.Outcome) bool { return r.Random != nil })
	if truth {
		header = append(header, "right", "random pick")
	}
	lacking := slices.ContainsFunc(rows, func(r run.Outcome) bool { return r.Missing != "" })
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
		if spec.Job != run.Testgen {
			line = append(line, fmt.Sprint(r.Ran))
		}
		if public {
			line = append(line, fmt.Sprintf("%d/%d", r.PublicPassed, r.Public))
		}
		if spec.Job == run.Rerank {
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
	fmt.Fprintf(a.stdout, "\nResults are in %s\n", spec.Out)
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
