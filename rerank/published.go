package rerank

import (
	"math"

	"coderm/kernels/bits"
)

// majority is the rule of the CodeRM paper (Ma et al. 2025, section 2): the
// number of tests passed. It is given as the share of those that ran, so that a
// test that did not run counts neither for nor against.
func majority(m *Matrix, rows []int) []key {
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
func reference(m *Matrix, rows []int) []key {
	keys := majority(m, rows)
	classes, of := m.behaviours(rows)
	for n, k := range of {
		keys[n].second = float64(classes[k].weight)
	}
	return keys
}

// codet is dual execution agreement (Chen et al. 2022, CodeT, section 3.2): a
// group of solutions that pass the same tests scores its size times the number
// of the tests. As in CodeT's code, the size counts by its square root, because
// wrong solutions agree with each other more than wrong tests do.
func codet(m *Matrix, rows []int) []key {
	classes, of := m.behaviours(rows)
	return spread(classes, of, func(c *class) key {
		return key{score: math.Sqrt(float64(c.weight)) * float64(c.tests)}
	})
}

// consensus takes the behaviour that most samples share (self-consistency over
// behaviours instead of answers), among equals the one that passes more. To
// pass nothing is no behaviour to agree on.
func consensus(m *Matrix, rows []int) []key {
	classes, of := m.behaviours(rows)
	return spread(classes, of, func(c *class) key {
		if c.tests == 0 {
			return key{}
		}
		return key{score: float64(c.weight), second: float64(c.tests)}
	})
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
func bayes(m *Matrix, rows []int) []key {
	classes, of := m.behaviours(rows)
	agreement := m.agreement(classes)
	samples, generated, pairs := 0, m.generated(), 0
	for _, i := range rows {
		samples += m.weight[i]
	}
	for j, s := range m.support() {
		pairs += s * m.repeats(j)
	}
	k := -1
	return spread(classes, of, func(c *class) key {
		k++
		wrong, invalid := samples-c.weight, generated-c.tests
		passValid := agreement[k] - c.weight*c.tests
		passInvalid := pairs - agreement[k]
		return key{score: logBeta(flat+float64(passValid), flat+float64(wrong*c.tests-passValid)) +
			logBeta(1+float64(passInvalid), wrongAlike+float64(wrong*invalid-passInvalid)) +
			logBeta(flat+float64(c.weight), flat+float64(wrong)) +
			logBeta(flat+float64(c.tests), flat+float64(invalid))}
	})
}

// logBeta is the logarithm of Euler's beta function.
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}
