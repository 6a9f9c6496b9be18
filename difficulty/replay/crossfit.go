package replay

import (
	"fmt"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/stats"
)

// replayer knows of every case what the policies would know of it, learned from
// other cases.
type replayer struct {
	Options
	cases   []Case
	ceiling []int
	draws   draws
	fold    stats.Folds // by case
	gains   []*difficulty.GainModel
	rates   []difficulty.Prediction // by case, from what was known before any test; may be nil
	truths  []difficulty.Prediction // by case, from its true pass rate
	curves  []difficulty.Prediction // by case, the true mean curves
}

func newReplayer(cases []Case, o Options) (*replayer, error) {
	for i := range cases {
		if err := cases[i].check(); err != nil {
			return nil, err
		}
	}
	if len(cases) < minProblems {
		return nil, fmt.Errorf("%d problems are too few for a replay; give at least %d", len(cases), minProblems)
	}
	o.Folds = min(o.Folds, len(cases))
	r := &replayer{Options: o, cases: cases, draws: newDraws(cases, o.Selector, o.Draws, o.Seed)}
	r.ceiling = r.draws.ceiling()
	r.fold = stats.DealFolds(len(cases), o.Folds, o.Seed)
	return r, nil
}

// before is what was known of the cases before any test.
func (r *replayer) before() []difficulty.Known {
	known := make([]difficulty.Known, len(r.cases))
	for i := range r.cases {
		known[i] = r.cases[i].Known
	}
	return known
}

func (r *replayer) fit() error {
	r.gains = nil
	for f := range r.Folds {
		g, err := r.draws.subset(func(i int) bool { return r.fold[i] != f }).fitGain(r.Groups)
		if err != nil {
			return err
		}
		r.gains = append(r.gains, g)
	}
	return nil
}

// predict gives every case the curve expected before any test, from problems of
// other folds: pass rates predicted from what was known, then the mean curve of
// problems predicted alike.
func (r *replayer) predict(use difficulty.Features) error {
	if use == (difficulty.Features{}) {
		return nil
	}
	known := r.before()
	rates := make([]float64, len(r.cases))
	for i := range r.cases {
		rates[i] = r.cases[i].PassRate()
	}
	r.rates = make([]difficulty.Prediction, len(r.cases))
	for f := range r.Folds {
		if err := r.predictFold(f, known, rates, use); err != nil {
			return err
		}
	}
	return nil
}

func (r *replayer) predictFold(f int, known []difficulty.Known, rates []float64, use difficulty.Features) error {
	in, where := r.fold.Split(f)
	train, y := stats.Pick(known, in), stats.Pick(rates, in)
	m, err := difficulty.FitRate(train, y, use, []int{0, difficulty.HiddenUnits}, r.Seed)
	if err != nil {
		return err
	}
	// The curves are filed under held-out predictions: under fitted ones they
	// would look better told apart than those of a new problem are.
	filed, err := crossPredict(train, y, use, []int{0}, filedFolds, r.Seed)
	if err != nil {
		return err
	}
	curves := newCurves(r.draws.subset(func(i int) bool { return r.fold[i] != f }), filed)
	for n, p := range m.Predict(stats.Pick(known, where)) {
		r.rates[where[n]] = curves.Predict(p)
	}
	return nil
}

// trueBandwidth is how far problems of other true pass rates count: predicted
// ones are less sharp, so theirs is wider.
const trueBandwidth = 0.03

// perfect gives every case the mean curve of problems of other folds with its
// true pass rate: what predicting difficulty could tell at best.
func (r *replayer) perfect() error {
	rates := make([]float64, len(r.cases))
	for i := range r.cases {
		rates[i] = r.cases[i].PassRate()
	}
	r.truths = make([]difficulty.Prediction, len(r.cases))
	for f := range r.Folds {
		in, where := r.fold.Split(f)
		curves := newCurves(r.draws.subset(func(i int) bool { return r.fold[i] != f }), stats.Pick(rates, in))
		for _, i := range where {
			r.truths[i] = curves.Near(rates[i], trueBandwidth)
		}
	}
	return nil
}

func (r *replayer) bound() error {
	for i := range r.cases {
		tests := append([]int{0}, budget.Stops(r.ceiling[i])...)
		r.curves = append(r.curves, difficulty.Interpolate(tests, r.draws.curve(i, tests)))
	}
	return nil
}
