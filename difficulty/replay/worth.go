package replay

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/stats"
)

// WorthRow says what predictions would be worth at a mean of some tests.
//
// Over a factor of a few, curves rise by s·ln(tests). Then the expected number
// of right choices is greatest when the tests are divided in proportion to what
// is known of each problem's s, call it k, and exceeds the even division's by
// the mean of s·ln(k/mean k): the same sum that proportional betting wins (Kelly
// 1956). So little is won where curves are flat, and nothing where k tells
// nothing about s, however clever the division. The sum does not come from a
// replay: it knows no rounds, no whole tests and no ceilings.
type WorthRow struct {
	Tests int            `json:"tests"`
	Rise  stats.Interval `json:"rise"` // of the probability of a right choice, for each doubling
	// By policy, the one whose predictions are used. None of them has seen the
	// problem, but for the policies that are bounds.
	Worth map[string]stats.Interval `json:"worth"`
}

// leastShare bounds how little a problem is given, as a share of the even
// division: a prediction that it gains nothing is not believed further.
const leastShare = 0.1

// worth judges the predictions at b tests, and four times as many.
func (r *replayer) worth(b int) WorthRow {
	row := WorthRow{Tests: b, Worth: map[string]stats.Interval{}}
	slopes := r.tabulate(b, func(_ int, t *trace) float64 {
		return (t.at(difficulty.Horizon*b).solved - t.at(b).solved) / math.Log(difficulty.Horizon)
	})
	rise := make([]float64, len(slopes))
	for i, of := range slopes {
		rise[i] = math.Ln2 * stat.Mean(of, nil)
	}
	row.Rise = stats.BootstrapMean(rise, r.Seed)
	for policy, predict := range r.predictors(b) {
		if w := proportional(slopes, r.tabulate(b, predict)); w != nil {
			row.Worth[policy] = stats.BootstrapMean(w, r.Seed)
		}
	}
	return row
}

// proportional is, by problem, what dividing in proportion to known gains over
// the even division where curves rise by slope·ln(tests). Both are given by
// problem and order. It is nil where no problem is known to gain: then there is
// no reason to divide at all.
func proportional(slopes, known [][]float64) []float64 {
	typical := 0.0
	for _, of := range known {
		for _, k := range of {
			typical += max(0, k) / float64(len(of)*len(known))
		}
	}
	if typical <= 0 {
		return nil
	}
	out := make([]float64, len(slopes))
	for i, of := range slopes {
		for d, s := range of {
			out[i] += s * math.Log(max(leastShare, known[i][d]/typical)) / float64(len(of))
		}
	}
	return out
}

// predictors are the gains of four times b tests that the policies expect.
func (r *replayer) predictors(b int) map[string]func(i int, t *trace) float64 {
	out := map[string]func(i int, t *trace) float64{
		budget.PolicyAdaptive: func(i int, t *trace) float64 {
			p := t.at(b).pilot
			return r.gains[r.fold[i]].Expect(&p)
		},
	}
	for policy, curves := range map[string][]difficulty.Prediction{budget.PolicyDifficulty: r.rates, policyRate: r.truths, PolicyBound: r.curves} {
		if curves != nil {
			out[policy] = func(i int, _ *trace) float64 { return curves[i].At(difficulty.Horizon*b) - curves[i].At(b) }
		}
	}
	return out
}

// tabulate is f by problem and order; 0 where a problem has no more than b tests.
func (r *replayer) tabulate(b int, f func(i int, t *trace) float64) [][]float64 {
	out := make([][]float64, len(r.cases))
	for i := range out {
		out[i] = make([]float64, len(r.draws))
	}
	r.draws.each(func(d int, traces []*trace) {
		for i, t := range traces {
			if len(t.order) > b {
				out[i][d] = f(i, t)
			}
		}
	})
	return out
}
