package pipeline

import (
	"cmp"
	"slices"

	"coderm/problem"
	"coderm/rerank"
)

// RunnerUp is the best of the rows that the choice was not drawn from; false where
// there is none.
func (r Result) RunnerUp() (rerank.Ranked, bool) {
	n := len(rerank.Winners(r.Ranking))
	if n == len(r.Ranking) {
		return rerank.Ranked{}, false
	}
	return r.Ranking[n], true
}

// Differing are the observed calls on which two rows differ, those first on which
// most samples side with one of them.
func (r Result) Differing(a, b int) (out []Observed) {
	for _, c := range r.Calls {
		if c.Differ(a, b) {
			out = append(out, c)
		}
	}
	side := func(c Observed) int { return r.Siding(c, a) + r.Siding(c, b) }
	slices.SortStableFunc(out, func(x, y Observed) int { return cmp.Compare(side(y), side(x)) })
	return out
}

// Differ is true when two rows are known to have done different things.
func (o Observed) Differ(a, b int) bool {
	return o.Rows[a].Ending != "" && o.Rows[b].Ending != "" && !o.Rows[a].Same(o.Rows[b])
}

// Siding is how many samples returned the same as a row on a call, itself among
// them; those that returned nothing agree with nobody.
func (r Result) Siding(o Observed, row int) (n int) {
	for _, other := range r.RowOf {
		if other == row || o.Rows[row].Ending == problem.Returned && o.Rows[row].Same(o.Rows[other]) {
			n++
		}
	}
	return n
}

// Answer is what a solution made of a call that a test makes.
type Answer struct {
	Call string
	problem.Observation
}

// Answers are the observed calls that a column makes, and what a row made of each.
func (r Result) Answers(row, column int) (out []Answer) {
	if r.Outputs.Calls() == 0 {
		return nil
	}
	for _, c := range r.Outputs.By()[column] {
		out = append(out, Answer{r.Calls[c].Call, r.Calls[c].Rows[row]})
	}
	return out
}
