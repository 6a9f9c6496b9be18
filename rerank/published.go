package rerank

import (
	"math"

	"coderm/kernels/bits"
)

// majority is the rule of the CodeRM paper (Ma et al. 2025, section 2): the
// number of tests passed. It is given as the share of those that ran, so that a
// test that did not run counts neither for nor against.
func majority(m *Matrix, rows, _ []int) []key {
	pass, ran := m.countPlane(planePass), m.countPlane(planeRan)
	keys := make([]key, len(rows))
	for n, i := range rows {
		if ran[i] > 0 {
			keys[n].score = float64(pass[i]) / float64(ran[i])
		}
	}
	return keys
}

// reference is what CodeRM's reference implementation does: majority, and among
// equals the ones whose set of passed tests most samples share.
func reference(m *Matrix, rows, weight []int) []key {
	keys := majority(m, rows, weight)
	for n, w := range weight {
		keys[n].second = float64(w)
	}
	return keys
}

// codet is dual execution agreement (Chen et al. 2022, CodeT, section 3.2): a
// group of solutions that pass the same tests scores its size times the number
// of the tests. As in CodeT's code, the size counts by its square root, because
// wrong solutions agree with each other more than wrong tests do.
func codet(m *Matrix, rows, weight []int) []key {
	passed, keys := m.countPlane(planePass), make([]key, len(rows))
	for n, i := range rows {
		keys[n].score = math.Sqrt(float64(weight[n])) * float64(passed[i])
	}
	return keys
}

// consensus takes the behaviour that most samples share (self-consistency over
// behaviours instead of answers), among equals the one that passes more. To
// pass nothing is no behaviour to agree on.
func consensus(m *Matrix, rows, weight []int) []key {
	passed, keys := m.countPlane(planePass), make([]key, len(rows))
	for n, i := range rows {
		if passed[i] > 0 {
			keys[n] = key{score: float64(weight[n]), second: float64(passed[i])}
		}
	}
	return keys
}

// agreement is, for each class, how many (solution, test) pairs pass within the
// tests the class passes, solutions and tests as often as they were sampled.
func (m *Matrix) agreement(classes []class) []int {
	support := m.support()
	for j := range support {
		support[j] *= m.repeats(j)
	}
	out := make([]int, len(classes))
	for k := range classes {
		bits.Ones(classes[k].passes, func(j int) { out[k] += support[j] })
	}
	return out
}

// The priors of bayes. A wrong solution seldom passes a wrong test, for both
// would have to be wrong alike; nothing is assumed of the rest.
const (
	wrongAlike = 1e4 // β of the Beta(1, β) prior on that chance
	flat       = 1.0
)

// bayes is B4 (Chen et al. 2024, "B4: Towards Optimal Assessment of Plausible
// Code Solutions with Plausible Tests", ASE 2024, section 4): the posterior
// that exactly one behaviour class is right and exactly the tests it passes are
// valid. The chances that a wrong solution passes a valid test (θ1) or an
// invalid one (θ0), that a solution is right (θx) and a test is valid (θy) have
// Beta priors and are integrated out, which leaves four Beta functions.
func bayes(m *Matrix, rows, weight []int) []key {
	counts, keys := m.bayesCounts(rows, weight), make([]key, len(rows))
	for n, c := range counts {
		_, keys[n].score = bayesSpan(c, c)
	}
	return keys
}

// bayesCounts is what bayes goes by: of a row's class the samples, the tests that it
// passes, and the agreement; and how many there are in all.
type bayesCounts struct{ samples, generated, pairs, weight, tests, agreement int }

func (m *Matrix) bayesCounts(rows, weight []int) []bayesCounts {
	classes, of := m.behaviours(rows)
	agreement := m.agreement(classes)
	all := bayesCounts{generated: m.generated()}
	for _, i := range rows {
		all.samples += m.weight[i]
	}
	for j, s := range m.support() {
		all.pairs += s * m.repeats(j)
	}
	out := make([]bayesCounts, len(rows))
	for n, k := range of {
		c := all
		c.weight, c.tests, c.agreement = weight[n], classes[k].tests, agreement[k]
		out[n] = c
	}
	return out
}

// bayesSpan is the lowest and the highest score of counts between two. The logarithm of
// the beta function falls in both of its arguments, and these are sums and products of
// what is counted.
func bayesSpan(lo, hi bayesCounts) (least, most float64) {
	term := func(atLeast, atMost, orLeast, orMost float64) {
		most += logBeta(atLeast, orLeast)
		least += logBeta(atMost, orMost)
	}
	count := func(n int) float64 { return float64(max(n, 0)) }
	wrongLo, wrongHi := lo.samples-hi.weight, hi.samples-lo.weight
	invalidLo, invalidHi := lo.generated-hi.tests, hi.generated-lo.tests
	validLo, validHi := lo.agreement-hi.weight*hi.tests, hi.agreement-lo.weight*lo.tests // passes of wrong solutions
	othersLo, othersHi := lo.pairs-hi.agreement, hi.pairs-lo.agreement
	term(flat+count(validLo), flat+count(validHi), flat+count(wrongLo*lo.tests-validHi), flat+count(wrongHi*hi.tests-validLo))
	term(1+count(othersLo), 1+count(othersHi), wrongAlike+count(wrongLo*invalidLo-othersHi), wrongAlike+count(wrongHi*invalidHi-othersLo))
	term(flat+count(lo.weight), flat+count(hi.weight), flat+count(wrongLo), flat+count(wrongHi))
	term(flat+count(lo.tests), flat+count(hi.tests), flat+count(invalidLo), flat+count(invalidHi))
	return least, most
}

// logBeta is the logarithm of Euler's beta function.
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}
