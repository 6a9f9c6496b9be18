package difficulty

import "coderm/rerank"

// OutputShares says what a problem's solutions returned on calls. Shares are in
// [0,1] and count samples.
type OutputShares struct {
	Calls int // 0: nothing was observed
	// Agree is the score of the best solution by rerank.Vote: the share of calls on
	// which it returned the same as a solution drawn by its posterior.
	Agree    float64
	Returned float64 // mean share of the calls on which a sample returned a value
	Common   float64 // mean share of the samples in a call's largest class of values
}

// outputShares looks at what the selector chooses between.
func outputShares(e rerank.Evidence, sel rerank.Selector, ranked []rerank.Ranked) OutputShares {
	p := OutputShares{Calls: e.Outputs.Calls()}
	total := float64(e.TotalWeight())
	if p.Calls == 0 || total == 0 {
		return OutputShares{}
	}
	if sel.Rule != rerank.Vote {
		ranked = rerank.Selector{Rule: rerank.Vote, Public: sel.Public}.Rank(e)
	}
	p.Agree = ranked[0].Score
	for c := range p.Calls {
		by := make([]float64, e.Outputs.Classes(c))
		most := 0.0
		for i := range e.Rows() {
			if e.Outputs.Kind(i, c) != rerank.Returned {
				continue
			}
			share := float64(e.Weight(i)) / total
			p.Returned += share / float64(p.Calls)
			k := e.Outputs.Class(i, c)
			by[k] += share
			most = max(most, by[k])
		}
		p.Common += most / float64(p.Calls)
	}
	return p
}

// What settles a choice where rerank.Vote chooses: after a test, candidates that all
// return the same on every call; after two, a posterior that agrees with the best of
// them. Some test is always drawn, since its calls are inputs that mutations of the
// examples do not come to. Each number may be moved with little difference
// (docs/data/outputs.md).
const (
	unanimous, unanimousDrawn = 1 - 1e-6, 1
	agreed, agreedDrawn       = 0.9, 2
)

// Settled tells that more tests have nothing to decide for a selector: one candidate
// is left, or what candidates return on calls leaves nothing open.
func (p *Pilot) Settled(sel rerank.Selector) bool {
	o := p.Outputs
	switch {
	case p.Candidates == 1:
		return true
	case sel.Rule != rerank.Vote || o.Calls == 0:
		return false
	}
	return p.Drawn >= unanimousDrawn && o.Agree >= unanimous || p.Drawn >= agreedDrawn && o.Agree >= agreed
}
