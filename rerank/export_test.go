package rerank

import "math"

// RankAutoWith ranks by auto with other weights, for the study of how much they
// matter.
func RankAutoWith(agreement, confirmation, raised float64, e Evidence) []Ranked {
	return rank(e.by(ByMethod), byClasses(autoRule{agreement, confirmation, raised}.rank))
}

// AutoWeights are the weights in use.
func AutoWeights() (agreement, confirmation, raised float64) {
	return autoWeights.agreement, autoWeights.confirmation, autoWeights.raised
}

// AutoEvidence is auto's evidence for each candidate without that of how often it
// was sampled, in nats.
func AutoEvidence(e Evidence) map[int]float64 {
	m := e.Methods()
	rows := m.candidates()
	out := map[int]float64{}
	for n, k := range (Evidence{Matrix: m}).logPosterior(rows) {
		out[rows[n]] = k.score - math.Log(float64(m.weight[rows[n]]))
	}
	return out
}

// DrawEvidence draws all that evidence may have.
var DrawEvidence = drawEvidence
