package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

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
		if public {
			header = append(header, "examples alone")
		}
	}
	lacking := slices.ContainsFunc(rows, func(r run.Outcome) bool { return r.Missing != "" })
	if lacking {
		header = append(header, "missing tests")
	}
	var cells [][]string
	for _, r := range rows {
		line := []string{r.TaskID, fmt.Sprint(r.Parsed)}
		if divided {
			line = slices.Insert(line, 1, fmt.Sprint(r.Completions))
		}
		if spec.Job != run.Testgen {
			line = append(line, fmt.Sprint(r.Ran))
		}
		if public {
			examples := "-"
			if r.Public > 0 {
				examples = fmt.Sprintf("%d/%d", r.PublicPassed, r.Public)
			}
			line = append(line, examples)
		}
		if spec.Job == run.Rerank {
			line = append(line, orDash(r.Chosen), fmt.Sprintf("%.4g", r.Score), fmt.Sprint(r.Tied))
		}
		if truth {
			line = append(line, yesNo(r.Right), percent(r.Random))
			if public {
				line = append(line, percent(r.Examples))
			}
		}
		if lacking {
			line = append(line, cmp.Or(oneLine(r.Missing), "-"))
		}
		cells = append(cells, line)
	}
	writeTable(a.stdout, header, cells)
	if notes := columnNotes(header); notes != "" {
		fmt.Fprintf(a.stdout, "\n%s\n", notes)
	}
	if text := baselines(rows); text != "" {
		fmt.Fprintf(a.stdout, "\n%s\n", text)
	}
	slow := 0
	for _, r := range rows {
		slow += r.Slow
	}
	if slow > 0 {
		fmt.Fprintf(a.stdout, "\nPairs that are out of the first fuel, and whose verdict could not change a choice: %d\n", slow)
	}
	note := shardNote(spec, len(rows), s.LeftOut)
	if note == "" {
		note = leftOutNote(len(rows), s.LeftOut)
	}
	if note != "" {
		fmt.Fprintf(a.stdout, "\n%s\n", note)
	}
	fmt.Fprintf(a.stdout, "\nResults are in %s\n", spec.Out)
}

// columnNotes explains those columns whose names do not.
func columnNotes(header []string) string {
	var notes []string
	for _, n := range [][2]string{
		{"usable", "tests that could judge a solution"},
		{"public", "examples of the question, and how many of them the best solutions pass"},
		{"score", "the choice's, on the selector's scale"},
		{"tied", "solutions equally good by it; a lot decides"},
		{"random pick", "share of right solutions"},
		{"examples alone", "share of right ones among those that pass the most examples"},
	} {
		if slices.Contains(header, n[0]) {
			notes = append(notes, n[0]+": "+n[1])
		}
	}
	return strings.Join(notes, "\n")
}

// baselines says how many choices are right, and what they are to be compared with;
// nothing where no truth is known.
func baselines(rows []run.Outcome) string {
	var n, right, solvable int
	var expected, random, examples float64
	withExamples := false
	for _, r := range rows {
		if r.Right == nil {
			continue
		}
		n++
		expected += *r.Expected
		random += *r.Random
		if *r.Right {
			right++
		}
		if *r.Solvable {
			solvable++
		}
		if r.Examples != nil {
			withExamples = true
			examples += *r.Examples
		} else {
			examples += *r.Random
		}
	}
	if n == 0 {
		return ""
	}
	share := func(sum float64) string { return fmt.Sprintf("%.0f %%", 100*sum/float64(n)) }
	text := fmt.Sprintf("%d of %d choices are right (%s; %s in expectation over ties). A random pick would be right in %s",
		right, n, share(float64(right)), share(expected), share(random))
	if withExamples {
		text += fmt.Sprintf(", a random one of those that pass the most examples in %s", share(examples))
	}
	return text + fmt.Sprintf("; %s of the problems have a right solution.", share(float64(solvable)))
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
