package difficulty

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
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

const (
	horizon  = 4    // the predicted gain is of this many times the tests
	minWorth = 0.02 // of a move: below it nothing but the correction would speak
	// minProblems is too few to tell anything about a problem not among them.
	minProblems = 20
	minTraining = 8    // and of the part that a cross-validation trains on
	innerFolds  = 4    // of the choices made while fitting
	changeL2    = 0.03 // moves are plentiful: little shrinkage is needed
)

// shrinkages are tried for the correction, weakest first; the last one means
// no correction.
var shrinkages = []float64{0.03, 0.1, 0.3, 1, 3, 10, math.Inf(1)}

// gainData is what replays teach: one row for each stop of each order.
type gainData struct {
	x           *mat.Dense // rows × pilot features
	gain, moved []float64  // by row
	rule        []float64  // by row: what DefaultRule says
	problem     []int      // by row: which case it is of
}

func newGainData(ds draws, columns []int) gainData {
	parts := make([]gainData, len(ds))
	values := make([][]float64, len(ds))
	ds.each(func(d int, traces []*trace) {
		for i, t := range traces {
			values[d] = append(values[d], parts[d].add(i, t, columns)...)
		}
	})
	var g gainData
	for _, p := range parts {
		g.gain = append(g.gain, p.gain...)
		g.moved = append(g.moved, p.moved...)
		g.rule = append(g.rule, p.rule...)
		g.problem = append(g.problem, p.problem...)
	}
	if len(g.gain) > 0 {
		g.x = mat.NewDense(len(g.gain), len(columns), slices.Concat(values...))
	}
	return g
}

// add appends the stops of one order, and returns their features.
func (g *gainData) add(problem int, t *trace, columns []int) (values []float64) {
	n := len(t.order)
	for _, b := range grid(n) {
		if 2*b > n {
			break // too little left to speak of four times as many
		}
		now, later := t.at(b), t.at(min(n, horizon*b))
		all := now.pilot.vector()
		for _, j := range columns {
			values = append(values, all[j])
		}
		g.gain = append(g.gain, later.solved-now.solved)
		g.moved = append(g.moved, now.choice.moved(later.choice))
		g.rule = append(g.rule, DefaultRule.Gain(&now.pilot))
		g.problem = append(g.problem, problem)
	}
	return values
}

// subset keeps the rows of some problems.
func (g gainData) subset(keep func(problem int) bool) gainData {
	var out gainData
	var values []float64
	for r, i := range g.problem {
		if keep(i) {
			values = append(values, g.x.RawRowView(r)...)
			out.gain = append(out.gain, g.gain[r])
			out.moved = append(out.moved, g.moved[r])
			out.rule = append(out.rule, g.rule[r])
			out.problem = append(out.problem, i)
		}
	}
	if len(out.gain) > 0 {
		_, cols := g.x.Dims()
		out.x = mat.NewDense(len(out.gain), cols, values)
	}
	return out
}

// fitGain learns from recorded orders. groups names the groups of pilot
// features to use; none means all.
func fitGain(ds draws, groups []string) (*GainModel, error) {
	columns, err := pilotColumns(groups)
	if err != nil {
		return nil, err
	}
	g := newGainData(ds, columns)
	if n := len(slices.Compact(slices.Sorted(slices.Values(g.problem)))); n < minTraining {
		return nil, fmt.Errorf("only %d problems have 2 tests or more to learn from; give more", n)
	}
	shrinkage, err := chooseShrinkage(g)
	if err != nil {
		return nil, err
	}
	m, err := g.fit(columns, shrinkage)
	if err != nil {
		return nil, err
	}
	m.Trust, err = chooseTrust(ds, g, columns, shrinkage)
	return m, err
}

// fit learns both parts.
func (g gainData) fit(columns []int, shrinkage float64) (*GainModel, error) {
	m, err := fitChange(g)
	if err != nil {
		return nil, err
	}
	for _, j := range columns {
		m.Features = append(m.Features, pilotNames[j])
	}
	if err := m.fitRest(g, shrinkage); err != nil {
		return nil, err
	}
	m.Trust, m.TypicalRule = 1, stat.Mean(g.rule, nil)
	for _, p := range m.predict(g.x) {
		m.Typical += math.Abs(p) / float64(len(g.gain))
	}
	m.Typical = max(m.Typical, 1e-6)
	return m, nil
}

// chooseShrinkage cross-validates the correction by problem.
func chooseShrinkage(g gainData) (float64, error) {
	loss := make([]float64, len(shrinkages))
	for f := range innerFolds {
		train := g.subset(func(i int) bool { return i%innerFolds != f })
		test := g.subset(func(i int) bool { return i%innerFolds == f })
		if len(train.gain) == 0 || len(test.gain) == 0 {
			continue
		}
		m, err := fitChange(train)
		if err != nil {
			return 0, err
		}
		for k, s := range shrinkages {
			if err := m.fitRest(train, s); err != nil {
				return 0, err
			}
			for r, p := range m.predict(test.x) {
				loss[k] += (p - test.gain[r]) * (p - test.gain[r])
			}
		}
	}
	best := len(shrinkages) - 1
	for k := range loss {
		if loss[k] < loss[best] {
			best = k
		}
	}
	return shrinkages[best], nil
}

func fitChange(g gainData) (*GainModel, error) {
	m := &GainModel{Scale: newScaler(g.x)}
	x := m.Scale.apply(g.x)
	_, cols := x.Dims()
	m.Change = newNetwork(cols, 0, logistic, nil)
	if err := m.Change.fit(x, g.moved, changeL2, 60, nil); err != nil {
		return nil, err
	}
	var gain, moved float64
	for r := range g.gain {
		gain += g.gain[r]
		moved += g.moved[r]
	}
	m.Worth = minWorth
	if moved > 0 {
		m.Worth = max(m.Worth, gain/moved)
	}
	return m, nil
}

func (m *GainModel) fitRest(g gainData, shrinkage float64) error {
	x := m.Scale.apply(g.x)
	_, cols := x.Dims()
	m.Rest = newNetwork(cols, 0, identity, nil)
	if math.IsInf(shrinkage, 1) {
		m.Shrinkage = 0
		return nil
	}
	m.Shrinkage = shrinkage
	rest := m.Change.predict(x)
	for r, moves := range rest {
		rest[r] = g.gain[r] - m.Worth*moves
	}
	return m.Rest.fit(x, rest, shrinkage, 60, nil)
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

// Gain is what four times the tests are predicted to gain, as far as it is
// trusted, in multiples of what is typical.
func (m *GainModel) Gain(p *Pilot) float64 {
	if m.Trust == 0 {
		return DefaultRule.Gain(p) / m.TypicalRule
	}
	return m.Trust*m.expect(p)/m.Typical + (1 - m.Trust)
}

// expect is the predicted gain of four times the tests, trusted or not.
func (m *GainModel) expect(p *Pilot) float64 {
	all := p.vector()
	v := make([]float64, 0, len(m.Features))
	for _, name := range m.Features {
		v = append(v, all[slices.Index(pilotNames, name)])
	}
	return m.predict(mat.NewDense(1, len(v), v))[0]
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
