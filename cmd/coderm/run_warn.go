package main

import (
	"fmt"
	"regexp"

	"coderm/journal"
	"coderm/pipeline"
)

// warn says what the user should know of the run that is no error.
func (a *app) warn(results []pipeline.Result) {
	all, uncompiled, fenced := 0, 0, 0
	for _, r := range results {
		if r.Unjudged != nil {
			fmt.Fprintf(a.stderr, "%s is not judged: %v\n", r.Problem.ID, r.Unjudged)
		}
		broken := r.Uncompiled()
		for _, row := range r.RowOf {
			all++
			if !broken[row] {
				continue
			}
			uncompiled++
			if fenceLine.MatchString(r.Rows[row]) {
				fenced++
			}
		}
		for _, s := range r.Samples {
			for _, c := range s.Cut {
				a.log.Debug("left out of a test", "problem", r.Problem.ID, "completion", s.Generation, "lines", fmt.Sprintf("%d-%d", c.First, c.Last), "why", c.Why)
			}
			if s.Dropped != "" {
				a.log.Debug("no test", "problem", r.Problem.ID, "completion", s.Generation, "why", s.Dropped)
			}
		}
	}
	if uncompiled == 0 {
		return
	}
	text := fmt.Sprintf("warning: %d of %d candidate solutions do not compile", uncompiled, all)
	if fenced > 0 {
		text += fmt.Sprintf("; %d look like Markdown with fenced code, and a solution is the program alone", fenced)
	}
	fmt.Fprintln(a.stderr, text)
}

var fenceLine = regexp.MustCompile("(?m)^ {0,3}(?:```|~~~)")

// unread tells that a model's completions gave no test at all, and the commonest
// reason.
func unread(j *job, results []pipeline.Result) error {
	completions := 0
	reasons := map[string]int{}
	most := ""
	for _, r := range results {
		for _, s := range r.Samples {
			if len(s.Tests) > 0 {
				return nil
			}
			completions++
			if reasons[s.Dropped]++; reasons[s.Dropped] > reasons[most] {
				most = s.Dropped
			}
		}
	}
	if j.writer == nil || completions == 0 {
		return nil
	}
	return partialError("none of the model's %d completions gave a test (%d times: %s); -v shows what was left out, %s has the completions",
		completions, reasons[most], most, j.path(journal.Name))
}
