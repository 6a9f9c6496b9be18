package replay

import (
	"slices"

	"coderm/budget"
	"coderm/difficulty"
)

// fitGain learns from recorded orders. groups names the groups of pilot features
// to use; none means all.
func (ds draws) fitGain(groups []string) (*difficulty.GainModel, error) {
	return difficulty.FitGain(ds.stops(), groups, ds.chooseTrust)
}

// stops lists what every order teaches at the numbers of tests where an adaptive
// run may stop.
func (ds draws) stops() []difficulty.Stop {
	parts := make([][]difficulty.Stop, len(ds))
	ds.each(func(d int, traces []*trace) {
		for i, t := range traces {
			parts[d] = append(parts[d], t.stops(i)...)
		}
	})
	return slices.Concat(parts...)
}

func (t *trace) stops(problem int) []difficulty.Stop {
	var out []difficulty.Stop
	n := len(t.order)
	for _, b := range budget.Stops(n) {
		if 2*b > n {
			break // too little left to speak of four times as many
		}
		now, later := t.at(b), t.at(min(n, difficulty.Horizon*b))
		out = append(out, difficulty.Stop{
			Problem: problem, Pilot: now.pilot,
			Gain:  later.solved - now.solved,
			Moved: now.choice.Moved(later.choice),
		})
	}
	return out
}
