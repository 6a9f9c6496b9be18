package rerank

import "math"

// vote lets candidates vote for what they returned, each with its posterior by
// auto: with π_i ∝ samples_i·exp(E_i), E auto's evidence without that of the
// samples,
//
//	score_i = mean over calls of Σ_j π_j [j returned the same value as i],
//
// the share of calls, in [0,1], on which i agrees with a candidate drawn by the
// posterior. It is minimum Bayes risk decoding with that posterior: MBR-Exec (Shi
// et al. 2022) has the samples' shares in its place, SRank other weights.
//
// A candidate that returned nothing on a call agrees with itself alone, that is
// with its own π. Wrong programs fail alike more often than they return the same
// wrong value, and that two raise or run out of time says less than that they
// return the same: counting failures as agreement loses up to 0.7 points on the
// recorded sets, counting them as disagreement with oneself as much
// (docs/data/outputs.md).
//
// Where no calls were observed it is auto.
func vote(e Evidence, rows []int) []key {
	o := e.Outputs
	if o.Calls() == 0 {
		return auto(e.Matrix, rows, e.classWeights(rows))
	}
	posterior := e.posterior(rows)
	keys := make([]key, len(rows))
	var votes []float64 // by class of the call
	for c := range o.Calls() {
		votes = append(votes[:0], make([]float64, o.Classes(c))...)
		for n, i := range rows {
			if k := o.Class(i, c); k != NoClass {
				votes[k] += posterior[n]
			}
		}
		for n, i := range rows {
			same := posterior[n]
			if o.Kind(i, c) == Returned {
				same = votes[o.Class(i, c)]
			}
			keys[n].score += same / float64(o.Calls())
		}
	}
	return keys
}

// posterior is the chance of each row that it is the right one, by auto's evidence
// and its samples, as if one were.
func (e Evidence) posterior(rows []int) []float64 {
	out, total := likelihoods(e.logPosterior(rows)), 0.0
	for _, p := range out {
		total += p
	}
	for n := range out {
		out[n] /= total
	}
	return out
}

// logPosterior is the posterior's logarithm, but for a constant.
func (e Evidence) logPosterior(rows []int) []key {
	weight := make([]int, len(rows))
	for n, i := range rows {
		weight[n] = e.weight[i]
	}
	return auto(e.Matrix, rows, weight)
}

// likelihoods are what scores are the logarithms of, the best one's being 1.
func likelihoods(logs []key) []float64 {
	most, out := math.Inf(-1), make([]float64, len(logs))
	for _, l := range logs {
		most = max(most, l.score)
	}
	for n, l := range logs {
		out[n] = math.Exp(l.score - most)
	}
	return out
}
