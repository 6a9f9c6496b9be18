// Package difficulty predicts: how hard a problem is before any test, and, from
// what its tests so far have shown, what more of them would gain.
package difficulty

import "fmt"

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

// What a classifier's file says it is.
const (
	Format  = "coderm-difficulty"
	Version = 1
)

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
