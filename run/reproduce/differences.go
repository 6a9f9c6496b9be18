package reproduce

import (
	"strings"

	"coderm/eval"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// Differences count what makes figures here differ from the paper's, which ran the
// same texts in another way.
type Differences struct {
	Tests    int `json:"tests"`    // of all problems
	Pairs    int `json:"pairs"`    // of a distinct solution and a test
	Untested int `json:"untested"` // problems without a test, where the choice is a random one
	// Empty tests have no test method: the reference has every solution pass them.
	Empty int `json:"empty_tests"`
	// Unusable tests end in an error of another kind with every solution, such as an
	// import of a module that is nowhere.
	Unusable int `json:"unusable_tests"`
	// Timeouts are pairs out of fuel, memory or time; Skipped are those of them that
	// were not run, because as many before had timed out. The reference runs every
	// pair, for a second.
	Timeouts int `json:"timeouts"`
	Skipped  int `json:"skipped"`
	// Tied are problems where right and wrong solutions are equally good: there the
	// accuracy is an expectation.
	Tied  int `json:"tied_problems"`
	Mixed int `json:"mixed_problems"` // problems where equal programs have different verdicts
	Infra int `json:"infra"`          // pairs without a verdict by our own fault
}

// add counts a problem and gives it with the truth.
func (d *Differences) add(res pipeline.Result) eval.Problem {
	p, mixed := byLabels(res)
	if mixed {
		d.Mixed++
	}
	d.Infra += res.Infra
	seen := map[problem.Origin]bool{}
	for _, c := range res.Columns {
		if !seen[c.Origin] {
			seen[c.Origin] = true
			d.addTest(res, c.Origin)
		}
	}
	if len(seen) == 0 {
		d.Untested++
	}
	if chance := rerank.ChanceRight(res.Matrix, res.Ranking, p.Right); chance > 0 && chance < 1 {
		d.Tied++
	}
	return p
}

func (d *Differences) addTest(res pipeline.Result, test problem.Origin) {
	d.Tests++
	empty, usable := false, false
	for row := range res.Rows {
		v, ok := res.Verdict(row, pipeline.Column{Origin: test})
		if !ok {
			continue
		}
		d.Pairs++
		switch v.Kind {
		case sandbox.Pass, sandbox.Fail:
			usable = true
		case sandbox.Timeout, sandbox.Memory:
			usable = true
			d.Timeouts++
			if strings.HasPrefix(v.Detail, sandbox.NotRun) {
				d.Skipped++
			}
		case sandbox.Error:
			empty = empty || v.Detail == sandbox.NoTestRan
			usable = usable || v.TestsRun > 0 && v.Errors < v.TestsRun
		}
	}
	switch {
	case empty:
		d.Empty++
	case !usable:
		d.Unusable++
	}
}
