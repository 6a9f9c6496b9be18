package difficulty

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// GainModel predicts from a pilot what four times the tests would gain, in two
// parts: the probability that the choice moves, times what a move is worth on
// average, plus a correction for what kind of move it would be. The first part
// is easy to learn from few problems; the correction is shrunk until it
// predicts problems it has not seen (in doubt to nothing), because a gain is a
// difference of two coin flips and mostly noise.
type GainModel struct {
	Features []string `json:"features"` // of the pilot, in order
	Scale    *scaler  `json:"scale"`
	Change   *network `json:"change"`     // logistic: share of the choice that moves
	Worth    float64  `json:"worth"`      // gain by moved share, at least minWorth
	Rest     *network `json:"correction"` // identity: gain beyond Worth × Change
	// Shrinkage is the L2 penalty of the correction that cross-validation chose;
	// 0 means that no correction was worth making.
	Shrinkage float64 `json:"shrinkage"`
	// Trust in [0,1] is how far the predictions are followed, by what following
	// them achieved on problems held out; the rest is the same for every problem.
	// With no trust at all DefaultRule decides.
	Trust float64 `json:"trust"`
	// Mean absolute gains where it was trained, by the model and by the rule:
	// the units in which gains are compared, so that models of several folds
	// can divide one budget.
	Typical     float64 `json:"typical"`
	TypicalRule float64 `json:"typical_rule"`
}

// Gain is what four times the tests are predicted to gain, as far as it is
// trusted, in multiples of what is typical.
func (m *GainModel) Gain(p *Pilot) float64 {
	if m.Trust == 0 {
		return DefaultRule.Gain(p) / m.TypicalRule
	}
	return m.Trust*m.Expect(p)/m.Typical + (1 - m.Trust)
}

// Expect is the predicted gain of four times the tests, trusted or not.
func (m *GainModel) Expect(p *Pilot) float64 {
	all := p.vector()
	v := make([]float64, 0, len(m.Features))
	for _, name := range m.Features {
		v = append(v, all[slices.Index(pilotNames, name)])
	}
	return m.predict(mat.NewDense(1, len(v), v))[0]
}

// predict gives the gain of each row of raw features.
func (m *GainModel) predict(raw *mat.Dense) []float64 {
	x := m.Scale.apply(raw)
	out := m.Rest.predict(x)
	for r, moves := range m.Change.predict(x) {
		out[r] += m.Worth * moves
	}
	return out
}

// Effect is what one deviation of a feature does to a prediction.
type Effect struct {
	Feature    string  `json:"feature"`
	Change     float64 `json:"change"`     // log-odds that the choice moves
	Correction float64 `json:"correction"` // gain, in probability
}

// Effects lists what moves the predictions.
func (m *GainModel) Effects() []Effect {
	out := make([]Effect, len(m.Features))
	for i, name := range m.Features {
		out[i] = Effect{name, m.Change.Theta[i], m.Rest.Theta[i]}
	}
	return out
}

// Describe says how far the gains are used.
func (g *GainModel) Describe() string {
	if g.Trust == 0 {
		return "its gains are not used: on its own problems they beat no even division, so adaptive goes by its rule"
	}
	return fmt.Sprintf("its gains are followed to %.0f %%; where more tests move a choice, it is right %.1f points more often", 100*g.Trust, 100*g.Worth)
}
