package replay

import (
	"gonum.org/v1/gonum/stat"

	"coderm/budget"
	"coderm/difficulty"
)

// trusts are tried, most first.
var trusts = []float64{1, 0.5}

// trustBudgets are the mean tests a problem that trust is earned at.
var trustBudgets = []int{3, 6, 12, 24}

// confidence is how many standard errors a gain must be above 0: one-sided, 7 %
// of models that predict nothing get past it.
const confidence = 1.5

// chooseTrust replays budgets with models that have not seen the problems they
// spend on. Predictions are followed as far as that beats an even division
// beyond the noise between problems, else not at all: a model that predicts a
// little may still divide worse than evenly, as steep stretches of the curves
// are lost everywhere else.
func (ds draws) chooseTrust(unseen func(i int) *difficulty.GainModel) float64 {
	ceiling := ds.ceiling()
	best, bestGain := 0.0, 0.0
	for _, trust := range trusts {
		gain := make([]float64, len(ceiling))
		for _, mean := range trustBudgets {
			total := mean * len(ceiling)
			even := budget.Even{Ceiling: ceiling}.Allocate(make([]difficulty.Prediction, len(ceiling)), total)
			base, _ := ds.play(func([]*trace) []int { return even })
			solved, _ := ds.play(func(traces []*trace) []int {
				gains := func(i int) budget.Gainer { return trusted{unseen(i), trust} }
				return spend(budget.Adaptive{Total: total, Ceiling: ceiling, Gains: gains, Selector: traces[0].selector}, traces)
			})
			for i := range gain {
				gain[i] += (solved[i] - base[i]) / float64(len(trustBudgets))
			}
		}
		m, dev := stat.MeanStdDev(gain, nil)
		se := stat.StdErr(dev, float64(len(gain)))
		if m > confidence*se && m > bestGain {
			best, bestGain = trust, m
		}
	}
	return best
}

// trusted is a model followed to some degree.
type trusted struct {
	*difficulty.GainModel
	trust float64
}

func (t trusted) Gain(p *difficulty.Pilot) float64 {
	m := *t.GainModel
	m.Trust = t.trust
	return m.Gain(p)
}
