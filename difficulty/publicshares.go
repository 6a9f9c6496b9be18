package difficulty

import "coderm/rerank"

// PublicShares says how a problem's public tests went. Shares are in [0,1] and
// count samples.
type PublicShares struct {
	Tests int     // 0: there are none, or they were not run
	All   float64 // share of samples passing all
	None  float64 // share passing none
	Mean  float64 // mean share of the tests that a sample passes
	Best  float64 // largest share of the tests that any sample passes
}

func publicShares(e rerank.Evidence) PublicShares {
	p := PublicShares{Tests: e.PublicTests()}
	total := float64(e.TotalWeight())
	if p.Tests == 0 || total == 0 {
		return PublicShares{}
	}
	for i := range e.Rows() {
		w := float64(e.Weight(i)) / total
		if w == 0 {
			continue
		}
		n := e.PublicPassed(i)
		share := float64(n) / float64(p.Tests)
		p.Mean += w * share
		p.Best = max(p.Best, share)
		switch n {
		case p.Tests:
			p.All += w
		case 0:
			p.None += w
		}
	}
	return p
}
