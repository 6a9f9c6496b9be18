package run

import (
	"context"
	"slices"

	"coderm/pipeline"
	"coderm/rerank"
)

// Explanation says why a problem's solution was chosen: what it did, what the best
// of the others did, and where the two differ.
type Explanation struct {
	TaskID   string    `json:"task_id"`
	Selector string    `json:"selector"`
	Chosen   Standing  `json:"chosen"`
	Tied     int       `json:"tied"` // samples that the choice was drawn from
	Other    *Standing `json:"runner_up,omitempty"`
	// Differ are the calls on which the two differ, those first that most solutions
	// side on; Tests are those that one passes and the other does not.
	Differ []Difference `json:"calls_that_differ,omitempty"`
	Tests  []Deciding   `json:"tests_that_differ,omitempty"`
	Calls  int          `json:"calls_observed"`
	All    int          `json:"solutions"` // samples
	// RuledOut counts those that pass fewer of the question's examples, where the
	// selector goes by these.
	RuledOut int `json:"ruled_out,omitempty"`
}

// Standing is what one program did.
type Standing struct {
	Solution int     `json:"solution"` // the first sample of it
	Samples  int     `json:"samples"`
	Score    float64 `json:"score"`
	Examples Share   `json:"examples"`
	Tests    Share   `json:"tests"` // columns of the pass matrix
	// Agreement is the mean share of the samples that return the same on a call.
	Agreement *float64 `json:"agreement,omitempty"`
	Right     *bool    `json:"right,omitempty"`
}

// Share is so many of some.
type Share struct {
	Passed int `json:"passed"`
	Of     int `json:"of"`
	// Slow are those that are out of the first fuel, and were not run with all of it.
	Slow int `json:"slow,omitempty"`
}

// Difference is a call on which two programs differ.
type Difference struct {
	Call    string `json:"call"`
	Chosen  string `json:"chosen"`
	Other   string `json:"runner_up"`
	With    int    `json:"samples_with_chosen"` // that did the same
	Against int    `json:"samples_with_runner_up"`
}

// Deciding is a test on which two programs differ.
type Deciding struct {
	Test   string `json:"test"`
	Method string `json:"method,omitempty"`
	Chosen bool   `json:"chosen_passes"`
	// Made are the observed calls that the test makes, with what the one that does
	// not pass it made of them.
	Made []Made `json:"calls,omitempty"`
}

// Made is a call and what came back.
type Made struct {
	Call string `json:"call"`
	Back string `json:"came_back"`
}

// Explain tells why the run chose as it did for a problem; a task_id that the run
// does not have is an *InputError, as is a problem without solutions.
func (r *Recorded) Explain(ctx context.Context, taskID string, sel rerank.Selector) (Explanation, error) {
	for res, err := range r.Results(ctx, sel) {
		if err != nil {
			return Explanation{}, err
		}
		if res.Problem.ID != taskID {
			continue
		}
		if res.Choice == nil {
			return Explanation{}, bad("%s: it has no solutions, so nothing was chosen", taskID)
		}
		return explain(res), nil
	}
	return Explanation{}, bad("the run has no problem %q", taskID)
}

func explain(r pipeline.Result) Explanation {
	at := slices.IndexFunc(r.Ranking, func(k rerank.Ranked) bool { return k.Solution == r.RowOf[r.Choice.Solution] })
	chosen := r.Ranking[at]
	e := Explanation{
		TaskID: r.Problem.ID, Selector: r.Choice.Selector, Tied: r.Choice.Tied,
		Chosen: standing(r, chosen), Calls: len(r.Calls), All: len(r.RowOf),
	}
	e.Chosen.Solution = r.Choice.Solution
	e.RuledOut = len(r.RowOf)
	for _, k := range r.Ranking {
		e.RuledOut -= r.Matrix.Weight(k.Solution)
	}
	other, ok := r.RunnerUp()
	if !ok {
		return e
	}
	s := standing(r, other)
	e.Other = &s
	e.Differ, e.Tests = differences(r, chosen.Solution, other.Solution), deciding(r, chosen.Solution, other.Solution)
	return e
}

func standing(r pipeline.Result, k rerank.Ranked) Standing {
	s := Standing{
		Solution: slices.Index(r.RowOf, k.Solution), Samples: r.Matrix.Weight(k.Solution), Score: k.Score,
		Examples: Share{Of: len(r.PublicTests)}, Tests: Share{Of: r.Matrix.Cols()},
	}
	if s.Examples.Of > 0 {
		s.Examples.Passed = r.PublicPassed(k.Solution)
		for _, o := range r.Public[k.Solution] {
			s.Examples.Slow += slow(o)
		}
	}
	for j := range s.Tests.Of {
		s.Tests.Slow += slow(r.Matrix.At(k.Solution, j))
		if r.Matrix.Passes(k.Solution, j) {
			s.Tests.Passed++
		}
	}
	if len(r.Calls) > 0 {
		mean := 0.0
		for _, c := range r.Calls {
			mean += float64(r.Siding(c, k.Solution)) / float64(len(r.RowOf)*len(r.Calls))
		}
		s.Agreement = &mean
	}
	if len(r.Truth) > 0 {
		s.Right = &r.Truth[k.Solution]
	}
	return s
}

func slow(o rerank.Outcome) int {
	if o == rerank.Slow {
		return 1
	}
	return 0
}

func differences(r pipeline.Result, chosen, other int) (out []Difference) {
	for _, c := range r.Differing(chosen, other) {
		out = append(out, Difference{c.Call, c.Rows[chosen].Words(), c.Rows[other].Words(), r.Siding(c, chosen), r.Siding(c, other)})
	}
	return out
}

// deciding lists each test once, however often it was written.
func deciding(r pipeline.Result, chosen, other int) (out []Deciding) {
	seen := map[[2]string]bool{}
	for j, c := range r.Columns {
		if slow(r.Matrix.At(chosen, j))+slow(r.Matrix.At(other, j)) > 0 {
			continue // nobody knows
		}
		name := [2]string{r.Test(c).String(), c.Method}
		if seen[name] {
			continue
		}
		seen[name] = true
		if p := r.Matrix.Passes(chosen, j); p != r.Matrix.Passes(other, j) {
			d := Deciding{Test: name[0], Method: c.Method, Chosen: p}
			failing := chosen
			if p {
				failing = other
			}
			for _, a := range r.Answers(failing, j) {
				d.Made = append(d.Made, Made{a.Call, a.Brief()})
			}
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b Deciding) int { // what speaks for the choice first
		switch {
		case a.Chosen == b.Chosen:
			return 0
		case a.Chosen:
			return -1
		}
		return 1
	})
	return out
}
