package difficulty

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

const (
	minWorth    = 0.02 // of a move: below it nothing but the correction would speak
	minTraining = 8    // problems: below it nothing is learned
	innerFolds  = 4    // of the choices made while fitting
	changeL2    = 0.03 // moves are plentiful: little shrinkage is needed
)

// shrinkages are tried for the correction, weakest first; the last one means
// no correction.
var shrinkages = []float64{0.03, 0.1, 0.3, 1, 3, 10, math.Inf(1)}

// Horizon is how many times the tests a predicted gain is of.
const Horizon = 4

// Stop is a moment of a finished problem: what the tests up to it showed, and
// what Horizon times as many changed.
type Stop struct {
	Problem int // position among those learned from
	Pilot   Pilot
	Gain    float64 // of the probability that the choice is right
	Moved   float64 // share of the choice that moved, in [0,1]
}

// Judge says how far, in [0,1], predictions are to be followed. It may ask for
// the models that have not seen a problem.
type Judge func(unseen func(problem int) *GainModel) (trust float64)

// FitGain learns from stops. groups names the groups of pilot features to use;
// none means all.
func FitGain(stops []Stop, groups []string, judge Judge) (*GainModel, error) {
	observed := slices.ContainsFunc(stops, func(s Stop) bool { return s.Pilot.Outputs.Calls > 0 })
	columns, err := pilotColumns(groups, observed)
	if err != nil {
		return nil, err
	}
	g := newGainData(stops, columns)
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
	unseen := make([]*GainModel, innerFolds)
	for f := range unseen {
		if unseen[f], err = g.subset(func(i int) bool { return i%innerFolds != f }).fit(columns, shrinkage); err != nil {
			return nil, err
		}
	}
	m.Trust = judge(func(problem int) *GainModel { return unseen[problem%innerFolds] })
	return m, nil
}

// gainData is the stops as columns of numbers.
type gainData struct {
	x           *mat.Dense // rows × pilot features
	gain, moved []float64  // by row
	rule        []float64  // by row: what DefaultRule says
	problem     []int      // by row: which case it is of
}

func newGainData(stops []Stop, columns []int) gainData {
	var g gainData
	var values []float64
	for _, s := range stops {
		all := s.Pilot.vector()
		for _, j := range columns {
			values = append(values, all[j])
		}
		g.gain = append(g.gain, s.Gain)
		g.moved = append(g.moved, s.Moved)
		g.rule = append(g.rule, DefaultRule.Gain(&s.Pilot))
		g.problem = append(g.problem, s.Problem)
	}
	if len(g.gain) > 0 {
		g.x = mat.NewDense(len(g.gain), len(columns), values)
	}
	return g
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
