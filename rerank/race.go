package rerank

import (
	"slices"

	"coderm/kernels/bits"
)

// race tells, against one candidate, what is sure of the others while outcomes are Slow,
// each of which may turn out as anything: who comes after it and who is its equal,
// whatever they are. Candidates are named by their places. Neither answer need be yes
// where it could be.
type race func(k int) (behind, beside func(n int) bool)

// racer gives the race of some rows.
type racer func(e Evidence, rows []int) race

// blur is how far bounds are moved out that are sums of logarithms, whose last digits
// depend on the order.
const blur = 1e-6

// between is the race of candidates whose keys are sure to lie between two.
func between(least, most []key, blur float64) race {
	for n := range least {
		if least[n] != most[n] {
			least[n].score -= blur
			most[n].score += blur
		}
		least[n], most[n] = least[n].rounded(), most[n].rounded()
	}
	return func(k int) (behind, beside func(n int) bool) {
		return func(n int) bool { return most[n].compare(least[k]) < 0 },
			func(n int) bool { return most[n] == least[n] && most[k] == least[k] && least[n] == least[k] }
	}
}

// classRace is the race by a rule that grows with the weight of classes and with what
// rows pass: at worst every Slow outcome is an exception, at best a pass.
func classRace(score classScorer, blur float64) racer {
	return func(e Evidence, rows []int) race {
		worst, best := e.extremes()
		least, most := e.weightsBetween(best, rows)
		return between(score(worst, rows, least), score(best, rows, most), blur)
	}
}

// clusterRace is classRace where the classes are known: by the calls.
func clusterRace(score classScorer, blur float64) racer {
	byTests := classRace(score, blur)
	return func(e Evidence, rows []int) race {
		if e.Outputs.Calls() == 0 {
			return byTests(e, rows)
		}
		worst, best := e.extremes()
		weight := clusterWeights(e, rows)
		return between(score(worst, rows, weight), score(best, rows, weight), blur)
	}
}

func bayesRace(e Evidence, rows []int) race {
	worst, best := e.extremes()
	lo, hi := e.weightsBetween(best, rows)
	fewest, most := worst.bayesCounts(rows, lo), best.bayesCounts(rows, hi)
	from, to := make([]key, len(rows)), make([]key, len(rows))
	for n := range rows {
		from[n].score, to[n].score = bayesSpan(fewest[n], most[n])
	}
	return between(from, to, blur)
}

// extremes are the matrix with every Slow outcome an exception, and with every one a
// pass.
func (m *Matrix) extremes() (worst, best *Matrix) {
	with := func(p int) *Matrix {
		out := *m
		out.plane[p] = bits.New(m.cols, m.rows)
		for j := range m.cols {
			copy(out.plane[p].Row(j), m.plane[p].Row(j))
			bits.Or(out.plane[p].Row(j), m.plane[planeSlow].Row(j))
		}
		return &out
	}
	return with(planeRaised), with(planePass)
}

// weightsBetween bounds the weight of each row's class: at least those that are sure to
// pass the same, at most those that may.
func (m *Matrix) weightsBetween(best *Matrix, rows []int) (least, most []int) {
	passes, may, slow := m.plane[planePass].Transpose(), best.plane[planePass].Transpose(), m.slowRows()
	classes, of := m.behaviours(rows)
	sure := make([]int, len(classes))
	for n, i := range rows {
		if !slow[i] {
			sure[of[n]] += m.weight[i]
		}
	}
	least, most = make([]int, len(rows)), make([]int, len(rows))
	for n, k := range of {
		least[n] += sure[k]
		most[n] += sure[k]
	}
	for n, i := range rows {
		if !slow[i] {
			continue
		}
		least[n], most[n] = m.weight[i], 0
		for k, j := range rows {
			if !bits.Within(passes.Row(i), may.Row(j)) || !bits.Within(passes.Row(j), may.Row(i)) {
				continue
			}
			most[n] += m.weight[j]
			if !slow[j] {
				most[k] += m.weight[i]
			}
		}
	}
	return least, most
}

// slowRows tells which rows have a Slow outcome.
func (m *Matrix) slowRows() []bool {
	out := make([]bool, m.rows)
	for j := range m.cols {
		bits.Ones(m.plane[planeSlow].Row(j), func(i int) { out[i] = true })
	}
	return out
}

// margin is a share of what all have that is taken for no difference: more than scores
// are rounded by.
const margin = 4 * resolution

// sums is the race of candidates whose score is a sum over all, in which the n-th gets
// part(n)[j] of what the j-th has, something between least[j] and most[j]. The greatest
// difference of two is where each of all has the end that suits.
func sums(least, most []float64, part func(n int) []float64) race {
	return func(k int) (behind, beside func(n int) bool) {
		theirs := part(k)
		behind = func(n int) bool {
			lead := 0.0
			for j, ours := range part(n) {
				d := ours - theirs[j] + margin
				lead += max(least[j]*d, most[j]*d)
			}
			return lead < 0
		}
		return behind, func(n int) bool { return slices.Equal(part(n), theirs) }
	}
}

// voteRace is that of voters whose posteriors lie between auto's.
func voteRace(e Evidence, rows []int) race {
	o := e.Outputs
	if o.Calls() == 0 {
		return classRace(auto, blur)(e, rows)
	}
	worst, best := e, e
	worst.Matrix, best.Matrix = e.extremes()
	least, most := worst.logPosterior(rows), best.logPosterior(rows)
	for n := range least {
		if least[n] != most[n] {
			least[n].score -= blur
			most[n].score += blur
		}
	}
	has := likelihoods(slices.Concat(least, most)) // to one scale
	return sums(has[:len(rows)], has[len(rows):], func(n int) []float64 {
		votes := make([]float64, len(rows))
		for c := range o.Calls() {
			if o.Kind(rows[n], c) != Returned {
				votes[n]++
				continue
			}
			for k, j := range rows {
				if o.Class(j, c) == o.Class(rows[n], c) {
					votes[k]++
				}
			}
		}
		for k := range votes {
			votes[k] /= float64(o.Calls())
		}
		return votes
	})
}

// srankRace is that of clusters whose rows pass more or fewer tests.
func srankRace(e Evidence, rows []int) race {
	o := e.Outputs
	if o.Calls() == 0 {
		return classRace(codet, 0)(e, rows)
	}
	worst, best := e.extremes()
	fewest, most := worst.countPlane(planePass), best.countPlane(planePass)
	least, greatest := make([]float64, len(rows)), make([]float64, len(rows))
	for n, i := range rows {
		least[n], greatest[n] = float64(fewest[i]*e.weight[i]), float64(most[i]*e.weight[i])
	}
	_, cluster := e.clusters(rows)
	return sums(least, greatest, func(n int) []float64 {
		same := make([]float64, len(rows))
		for c := range o.Calls() {
			class := o.Class(rows[n], c)
			for k, j := range rows {
				if class != NoClass && o.Class(j, c) == class || class == NoClass && cluster[k] == cluster[n] {
					same[k]++
				}
			}
		}
		for k := range same {
			same[k] /= float64(o.Calls())
		}
		return same
	})
}
