package difficulty

import (
	"context"
	"fmt"

	"coderm/rerank"
)

// Classifier is everything learned from finished problems: pass rates before
// any test, the curves that go with them, and the gain of more tests after
// some. It is bound to the model whose hidden states and tests it has seen, and
// to the selector whose choices it has seen.
type Classifier struct {
	Format   string `json:"format"`
	Version  int    `json:"version"`
	Model    string `json:"model,omitempty"`  // digest of the model file; empty if no hidden state is used
	States   string `json:"states,omitempty"` // the prompt the hidden states are of, e.g. "question"
	Selector string `json:"selector"`
	Problems int    `json:"problems"` // learned from
	Seed     uint64 `json:"seed"`

	Rate   *RateModel `json:"pass_rate,omitempty"` // nil: nothing was known before the tests
	Curves *Curves    `json:"curves,omitempty"`    // goes with Rate
	Gain   *GainModel `json:"gain"`
}

const (
	format  = "coderm-difficulty"
	version = 1
)

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
func Fit(ctx context.Context, cases []Case, o FitOptions) (*Classifier, *Ablation, error) {
	known, rates := make([]Known, len(cases)), make([]float64, len(cases))
	for i := range cases {
		if err := cases[i].check(); err != nil {
			return nil, nil, err
		}
		known[i], rates[i] = cases[i].Known, cases[i].PassRate()
	}
	if len(cases) < minProblems {
		return nil, nil, fmt.Errorf("%d problems are too few to learn from; give at least %d", len(cases), minProblems)
	}
	c := &Classifier{Format: format, Version: version, Selector: o.Selector.Name(), Problems: len(cases), Seed: o.Seed}
	ds := newDraws(cases, o.Selector, o.Draws, o.Seed)
	var table *Ablation
	if use := Has(known); use.Text || use.Hidden {
		var err error
		if table, err = NewAblation(known, rates, o.Folds, o.Seed); err != nil {
			return nil, nil, err
		}
		if err := c.fitRate(ds, known, rates, use, o); err != nil {
			return nil, nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	var err error
	c.Gain, err = fitGain(ds, o.Groups)
	return c, table, err
}

func (c *Classifier) fitRate(ds draws, known []Known, rates []float64, use Features, o FitOptions) (err error) {
	if use.Hidden {
		c.Model, c.States = o.Model, o.States
	}
	if c.Rate, err = fitRate(known, rates, use, []int{0, hiddenUnits}, o.Seed); err != nil {
		return err
	}
	filed, err := crossPredict(known, rates, use, []int{0}, innerFolds, o.Seed)
	if err != nil {
		return err
	}
	c.Curves = newCurves(ds, filed)
	return nil
}

// CheckSelector refuses a classifier trained on another selector's choices.
func (c *Classifier) CheckSelector(name string) error {
	if c.Selector != name {
		return fmt.Errorf("the classifier was trained for selector %s, not %s; use --selector %s or fit another", c.Selector, name, c.Selector)
	}
	return nil
}

// CheckStates refuses a classifier trained on other hidden states than those at
// hand; empty strings mean that there are none.
func (c *Classifier) CheckStates(model, prompt string) error {
	switch {
	case !c.UsesStates():
		return nil
	case model == "":
		return fmt.Errorf("the classifier needs hidden states of model %s; give them, or fit one without", short(c.Model))
	case model != c.Model:
		return fmt.Errorf("the classifier was trained on hidden states of model %s, not %s; use that model or fit another", short(c.Model), short(model))
	case prompt != c.States:
		return fmt.Errorf("the classifier was trained on hidden states of the %s prompt, not %s; use that style or fit another", c.States, prompt)
	}
	return nil
}

// UsesStates tells whether predictions before any test need hidden states.
func (c *Classifier) UsesStates() bool { return c.Rate != nil && c.Rate.Use.Hidden }

// short is enough of a digest to tell models apart by eye.
func short(digest string) string {
	return digest[:min(12, len(digest))]
}

// Predict gives what is expected of problems before any test: their pass rates
// and their curves.
func (c *Classifier) Predict(known []Known) (rates []float64, curves []Prediction, err error) {
	if c.Rate == nil {
		return nil, nil, fmt.Errorf("the classifier predicts nothing before tests: it was trained without texts and hidden states")
	}
	for i, k := range known {
		if err := c.Rate.accepts(k); err != nil {
			return nil, nil, fmt.Errorf("problem %d: %w", i, err)
		}
	}
	rates = c.Rate.Predict(known)
	for _, r := range rates {
		curves = append(curves, c.Curves.Predict(r))
	}
	return rates, curves, nil
}

// accepts checks a problem's features against those trained on.
func (m *RateModel) accepts(k Known) error {
	like := Known{}
	if m.Use.Text {
		like.Text = m.TextScale.Mean
	}
	if m.Use.Hidden {
		like.Hidden = m.StateScale.Mean
	}
	return k.check(m.Use, like)
}

// Planner returns the planner of a policy that uses the classifier. known is
// needed for PolicyDifficulty only; where the classifier needs hidden states
// and known has none, the planner is a Prober.
func (c *Classifier) Planner(policy string, known []Known, n, total int, sel rerank.Selector) (Planner, error) {
	if err := checkTotal(n, total); err != nil {
		return nil, err
	}
	switch policy {
	case PolicyDifficulty:
		if c.UsesStates() && !Has(known).Hidden {
			return newProbing(c, known, total), nil
		}
		_, curves, err := c.Predict(known)
		if err != nil {
			return nil, err
		}
		return Fixed(Greedy{Floor: 1}.Allocate(curves, total)), nil
	case PolicyAdaptive:
		return NewPlanner(Adaptive{Total: total, Selector: sel, Gains: c.Gain}, n), nil
	}
	return PlannerFor(policy, n, total, sel)
}
