package rerank

import "math"

// Ranked is one solution's place.
type Ranked struct {
	Solution int // row of the matrix
	// Score is the selector's own; comparable within one ranking only.
	Score float64
	// Tie numbers the groups of equals, 0 for the best: the selector cannot
	// tell solutions of one group apart.
	Tie int
}

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

// Choice is what a ranking comes to: for each row of the matrix the chance that it
// is chosen, ties being broken at random. It is what remains of a ranking where
// choices are compared.
type Choice []float64

// ChoiceOf is the choice between a ranking's winners; without candidates, of
// nothing.
func ChoiceOf(m *Matrix, ranked []Ranked) Choice {
	c := make(Choice, m.Rows())
	total := 0.0
	for _, r := range Winners(ranked) {
		c[r.Solution] = float64(m.Weight(r.Solution))
		total += c[r.Solution]
	}
	for i := range c {
		if total > 0 {
			c[i] /= total
		}
	}
	return c
}

// Moved is how much of one choice is not in another between the same rows (total
// variation, [0,1]).
func (c Choice) Moved(to Choice) float64 {
	d := 0.0
	for i := range c {
		d += math.Abs(c[i]-to[i]) / 2
	}
	return d
}

// Right is ChanceRight of a choice, but for the rounding of a sum. Recorded budgets
// hang on that: the upper bound spends as long as a curve rises at all.
func (c Choice) Right(right []bool) float64 {
	p := 0.0
	for i, ok := range right {
		if ok {
			p += c[i]
		}
	}
	return p
}

// ShareRight is the share of the samples that are right, in [0,1]: the chance of a
// choice at random. right is by row.
func (m *Matrix) ShareRight(right []bool) float64 {
	good := 0
	for i, w := range m.weight {
		if right[i] {
			good += w
		}
	}
	return float64(good) / float64(max(1, m.TotalWeight()))
}
