package difficulty

import (
	"coderm/internal/seed"
	"coderm/rerank"
)

// resamples of the tests: enough to tell a settled choice from an open one,
// each costs one ranking.
const resamples = 4

// unsettled is the mean share of the choice that moves when the tests are drawn
// again from the ones there are, with one more that checks nothing: so a choice
// that hangs on a single test counts as open. The same evidence gives the same
// answer.
func unsettled(e rerank.Evidence, sel rerank.Selector, now rerank.Choice) float64 {
	n := e.Tests()
	r := seed.Resamples(n, e.Rows())
	mean := 0.0
	for range resamples {
		var tests []int
		for range n {
			if k := r.IntN(n + 1); k < n {
				tests = append(tests, k)
			}
		}
		again := e.Select(tests)
		mean += now.Moved(rerank.ChoiceOf(again.Matrix, sel.Rank(again))) / resamples
	}
	return mean
}
