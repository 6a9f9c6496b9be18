package difficulty

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"coderm/internal/seed"
)

// RateModel predicts the pass rate of a problem's solutions before any test: a
// two-layer network (or, where that predicts unseen problems no worse, logistic
// regression) on standardised text features and the principal components of the
// hidden state, trained by cross-entropy against observed pass rates, then
// calibrated by Platt's method on held-out predictions (Platt 1999).
type RateModel struct {
	Use        Features    `json:"use"`
	TextScale  *scaler     `json:"text_scale,omitempty"`
	StateScale *scaler     `json:"state_scale,omitempty"`
	Components *projection `json:"components,omitempty"`
	Net        *network    `json:"net"`
	// Platt maps the log-odds z to sigmoid(Platt[0]·z + Platt[1]).
	Platt [2]float64 `json:"platt"`
	// What cross-validation chose.
	L2         float64 `json:"l2"`
	Iterations int     `json:"iterations"` // early stopping
}

// candidate is a setting for cross-validation to judge.
type candidate struct {
	components, hidden int
	l2                 float64
}

// HiddenUnits is the size of the hidden layer where there is one.
const HiddenUnits = 8

const maxIterations = 60

func candidates(use Features, hidden []int) []candidate {
	components := []int{0}
	if use.Hidden {
		components = []int{4, 8, 16, 32}
	}
	var out []candidate
	for _, h := range hidden {
		for _, k := range components {
			for _, l2 := range []float64{0.01, 0.1, 1} {
				out = append(out, candidate{k, h, l2})
			}
		}
	}
	return out
}

// FitRate learns from the pass rates of finished problems. hidden lists the
// sizes of the hidden layer to choose from, e.g. 0 and HiddenUnits; 0 is logistic
// regression.
func FitRate(known []Known, rates []float64, use Features, hidden []int, root uint64) (*RateModel, error) {
	if err := checkRates(known, rates, use); err != nil {
		return nil, err
	}
	best, iterations, logits, err := chooseRate(known, rates, use, hidden, root)
	if err != nil {
		return nil, err
	}
	m, err := newRateModel(known, use, best.components)
	if err != nil {
		return nil, err
	}
	m.L2, m.Iterations = best.l2, iterations
	x := m.design(known)
	if err := m.train(x, rates, best, root, nil); err != nil {
		return nil, err
	}
	platt := newNetwork(1, 0, logistic, nil)
	if err := platt.fit(mat.NewDense(len(logits), 1, logits), rates, 1e-3, 100, nil); err != nil {
		return nil, err
	}
	m.Platt = [2]float64{platt.Theta[0], platt.Theta[1]}
	return m, nil
}

func checkRates(known []Known, rates []float64, use Features) error {
	if len(rates) < minTraining {
		return fmt.Errorf("%d problems are too few to learn pass rates from", len(rates))
	}
	low, high := 1.0, 0.0
	for i, r := range rates {
		if !(r >= 0 && r <= 1) {
			return fmt.Errorf("problem %d has pass rate %v; it must be in 0 to 1", i, r)
		}
		low, high = min(low, r), max(high, r)
		if err := known[i].check(use, known[0]); err != nil {
			return fmt.Errorf("problem %d: %w", i, err)
		}
	}
	if low == high {
		return fmt.Errorf("every problem has pass rate %v: there is nothing to tell apart", low)
	}
	return nil
}

// check finds features that are missing, of another size than those of like, or
// no numbers.
func (k Known) check(use Features, like Known) error {
	for _, part := range []struct {
		name    string
		used    bool
		v, like []float64
	}{{"text features", use.Text, k.Text, like.Text}, {"hidden state", use.Hidden, k.Hidden, like.Hidden}} {
		if !part.used {
			continue
		}
		if len(part.v) == 0 || len(part.v) != len(part.like) {
			return fmt.Errorf("its %s has %d values instead of %d", part.name, len(part.v), max(1, len(part.like)))
		}
		for j, v := range part.v {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("value %d of its %s is %v", j, part.name, v)
			}
		}
	}
	return nil
}

// newRateModel learns the scaling and the components only.
func newRateModel(known []Known, use Features, components int) (*RateModel, error) {
	m := &RateModel{Use: use, Platt: [2]float64{1, 0}}
	if use.Text {
		m.TextScale = newScaler(dense(known, func(k Known) []float64 { return k.Text }))
	}
	if use.Hidden {
		x := dense(known, func(k Known) []float64 { return k.Hidden })
		m.StateScale = newScaler(x)
		var err error
		if m.Components, err = newProjection(m.StateScale.apply(x), components); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func dense(known []Known, part func(Known) []float64) *mat.Dense {
	x := mat.NewDense(len(known), len(part(known[0])), nil)
	for i, k := range known {
		x.SetRow(i, part(k))
	}
	return x
}

// design is the network's input, problems × features.
func (m *RateModel) design(known []Known) *mat.Dense {
	var parts []*mat.Dense
	cols := 0
	if m.Use.Text {
		parts = append(parts, m.TextScale.apply(dense(known, func(k Known) []float64 { return k.Text })))
	}
	if m.Use.Hidden {
		parts = append(parts, m.Components.apply(m.StateScale.apply(dense(known, func(k Known) []float64 { return k.Hidden }))))
	}
	for _, p := range parts {
		_, c := p.Dims()
		cols += c
	}
	x := mat.NewDense(len(known), cols, nil)
	at := 0
	for _, p := range parts {
		rows, c := p.Dims()
		x.Slice(0, rows, at, at+c).(*mat.Dense).Copy(p)
		at += c
	}
	return x
}

func (m *RateModel) train(x *mat.Dense, y []float64, c candidate, root uint64, each func(int, []float64)) error {
	_, cols := x.Dims()
	m.Net = newNetwork(cols, c.hidden, logistic, seed.Weights(root))
	return m.Net.fit(x, y, c.l2, m.Iterations, each)
}

// Predict is the calibrated pass rate expected of each problem.
func (m *RateModel) Predict(known []Known) []float64 {
	_, out := m.Net.forward(m.design(known), m.Net.Theta)
	for i, z := range out {
		out[i] = sigmoid(m.Platt[0]*z + m.Platt[1])
	}
	return out
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
