package difficulty

import (
	"math"
	"math/rand/v2"

	"coderm/rerank"
)

// Choice is what a selector picks: for each row of the matrix the probability
// that the chosen sample is of that row, ties being broken at random.
type Choice []float64

func choose(m *rerank.Matrix, ranked []rerank.Ranked) Choice {
	c := make(Choice, m.Rows())
	total := 0.0
	for _, r := range rerank.Winners(ranked) {
		c[r.Solution] = float64(m.Weight(r.Solution))
		total += c[r.Solution]
	}
	for i := range c {
		if total > 0 {
			c[i] /= total
		}
	}
	return c
}

// Moved is how much of one choice is not in another (total variation, [0,1]).
func (c Choice) Moved(to Choice) float64 {
	d := 0.0
	for i := range c {
		d += math.Abs(c[i]-to[i]) / 2
	}
	return d
}

// Right is the probability that the choice is a right solution.
func (c Choice) Right(truth []bool) float64 {
	p := 0.0
	for i, ok := range truth {
		if ok {
			p += c[i]
		}
	}
	return p
}

// resamples of the tests: enough to tell a settled choice from an open one,
// each costs one ranking.
const resamples = 4

// unsettled is the mean share of the choice that moves when the tests are drawn
// again from the ones there are, with one more that checks nothing: so a choice
// that hangs on a single test counts as open. The same matrix gives the same
// answer.
func unsettled(m *rerank.Matrix, sel rerank.Selector, now Choice) float64 {
	n := m.Tests()
	r := rand.New(rand.NewPCG(uint64(n), uint64(m.Rows())))
	mean := 0.0
	for range resamples {
		var tests []int
		for range n {
			if k := r.IntN(n + 1); k < n {
				tests = append(tests, k)
			}
		}
		again := m.Select(tests)
		mean += now.Moved(choose(again, sel.Rank(again))) / resamples
	}
	return mean
}
