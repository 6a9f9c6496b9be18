package rerank

// Winners are the first group of equals of a ranking: the solutions that the
// choice is between.
func Winners(ranked []Ranked) []Ranked {
	n := 0
	for n < len(ranked) && ranked[n].Tie == 0 {
		n++
	}
	return ranked[:n]
}

// ChanceRight is the chance that the choice is right: the expectation over the
// winners, each as likely as it was sampled, in [0,1]. right is by row. Without
// candidates it is 0.
func ChanceRight(m *Matrix, ranked []Ranked, right []bool) float64 {
	good, all := 0, 0
	for _, r := range Winners(ranked) {
		w := m.Weight(r.Solution)
		all += w
		if right[r.Solution] {
			good += w
		}
	}
	return float64(good) / float64(max(1, all))
}
