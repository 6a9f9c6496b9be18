package replay

import (
	"context"
	"fmt"

	"coderm/difficulty"
	"coderm/rerank"
)

// filedFolds are those of the predictions that curves are filed under.
const filedFolds = 4

// FitOptions set up Fit.
type FitOptions struct {
	Selector rerank.Selector
	Model    string // digest the hidden states came from
	States   string // the prompt they are of
	Draws    int
	Folds    int // of the ablation table
	Seed     uint64
	Groups   []string // pilot features; none means all
}

// Fit learns from finished problems. The ablation is nil when nothing was known
// of them before their tests.
func Fit(ctx context.Context, cases []Case, o FitOptions) (*difficulty.Classifier, *Ablation, error) {
	known, rates := make([]difficulty.Known, len(cases)), make([]float64, len(cases))
	for i := range cases {
		if err := cases[i].check(); err != nil {
			return nil, nil, err
		}
		known[i], rates[i] = cases[i].Known, cases[i].PassRate()
	}
	if len(cases) < minProblems {
		return nil, nil, fmt.Errorf("%d problems are too few to learn from; give at least %d", len(cases), minProblems)
	}
	c := &difficulty.Classifier{Format: difficulty.Format, Version: difficulty.Version, Selector: o.Selector.String(), Problems: len(cases), Seed: o.Seed}
	ds := newDraws(cases, o.Selector, o.Draws, o.Seed)
	var table *Ablation
	if use := difficulty.Has(known); use.Text || use.Hidden {
		var err error
		if table, err = NewAblation(known, rates, o.Folds, o.Seed); err != nil {
			return nil, nil, err
		}
		if err := fitBefore(c, ds, known, rates, use, o); err != nil {
			return nil, nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var err error
	c.Gain, err = ds.fitGain(o.Groups)
	return c, table, err
}

// fitBefore learns what is predicted before any test.
func fitBefore(c *difficulty.Classifier, ds draws, known []difficulty.Known, rates []float64, use difficulty.Features, o FitOptions) (err error) {
	if use.Hidden {
		c.Model, c.States = o.Model, o.States
	}
	if c.Rate, err = difficulty.FitRate(known, rates, use, []int{0, difficulty.HiddenUnits}, o.Seed); err != nil {
		return err
	}
	filed, err := crossPredict(known, rates, use, []int{0}, filedFolds, o.Seed)
	if err != nil {
		return err
	}
	c.Curves = newCurves(ds, filed)
	return nil
}
