package budget

import (
	"fmt"

	"coderm/difficulty"
	"coderm/rerank"
)

// Prober is a Planner that divides by the hidden states of the problems'
// prompts, which the prefill of their first tests shows.
type Prober interface {
	Planner
	// Probe reports a problem's hidden state, [n_embd], before its first Observe.
	Probe(problem int, hidden []float32) error
}

// probing grants every problem one test, and the rest by the curves predicted
// from what those tests' prefill has shown.
type probing struct {
	classifier *difficulty.Classifier
	known      []difficulty.Known
	curves     []difficulty.Prediction // by problem, once probed
	total      int
	started    bool
	waiting    int // problems not observed yet
	rest       Planner
}

func newProbing(c *difficulty.Classifier, known []difficulty.Known, total int) *probing {
	return &probing{classifier: c, known: known, curves: make([]difficulty.Prediction, len(known)), total: total, waiting: len(known)}
}

func (p *probing) Next() ([]Grant, bool) {
	switch {
	case !p.started:
		p.started = true
		grants := make([]Grant, len(p.known))
		for i := range grants {
			grants[i] = Grant{Problem: i, Tests: 1}
		}
		return grants, false
	case p.waiting > 0:
		return nil, false
	case p.rest == nil:
		tests := Greedy{Floor: 1}.Allocate(p.curves, p.total)
		for i := range tests {
			tests[i]-- // the one it had
		}
		p.rest = Fixed(tests)
	}
	return p.rest.Next()
}

func (p *probing) Probe(problem int, hidden []float32) error {
	known := p.known[problem]
	known.Hidden = difficulty.Wide(hidden) // not kept: of all problems together it is much
	_, curves, err := p.classifier.Predict([]difficulty.Known{known})
	if err != nil {
		return fmt.Errorf("predicting the difficulty: %w", err)
	}
	p.curves[problem] = curves[0]
	return nil
}

func (p *probing) Observe(int, rerank.Evidence) { p.waiting-- }
