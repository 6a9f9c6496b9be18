package rerank

import (
	"math"

	"coderm/kernels/bits"
)

// autoRule holds the weights of auto's evidence.
type autoRule struct {
	agreement    float64 // exponent of the agreement
	confirmation float64 // nats per square root of a confirmed test
	raised       float64 // nats for raising an exception in every test
}

// autoWeights sit on a plateau: halving or doubling any of them moves the
// accuracy on the recorded data sets by little, and cross-validation over
// problems picks them or their neighbours (TestAutoStudy, docs/results.md).
var autoWeights = autoRule{agreement: 5, confirmation: 2, raised: 10}

// autoFloor is the agreement everyone gets, in tests: without it the first test
// passed would decide alone.
const autoFloor = 0.1

// auto scores a behaviour class by four kinds of evidence, as a log-posterior
// would add them up:
//
//   - log of its samples: a behaviour is right as often as it is sampled;
//   - the tests it passes, each weighted by the share of solutions that pass it
//     too: where tests are poor (most pass nobody, or one odd solution), that is
//     what tells valid ones;
//   - confirmation: how often the tests it passes were generated again
//     (Σ repeats - 1), discounted by the share of repeating tests, for a
//     generator that keeps asserting the same is sure of it. Where tests are good
//     there are many, and they outweigh the class's size. They stem from one
//     model and are far from independent, so their evidence grows by the square
//     root. Where columns are not texts, repeats cannot be seen, and every test
//     passed counts;
//   - against a solution, the share of tests in which it raises an exception
//     instead of returning something wrong.
func auto(m *Matrix, rows []int) []key { return autoWeights.rank(m, rows) }

func (r autoRule) rank(m *Matrix, rows []int) []key {
	classes, of := m.behaviours(rows)
	agreement := m.agreement(classes)
	raised := m.countPlane(planeRaised)
	samples, generated := 0, m.generated()
	for _, i := range rows {
		samples += m.weight[i]
	}
	confirmed, repeating := m.confirmation(classes)
	keys := make([]key, len(rows))
	for n, i := range rows {
		k := of[n]
		c := &classes[k]
		shared := float64(agreement[k]) / float64(max(samples, 1))
		keys[n].score = math.Log(float64(c.weight)) +
			r.agreement*math.Log(shared+autoFloor) +
			r.confirmation*math.Sqrt(repeating*float64(confirmed[k])) -
			r.raised*float64(raised[i])/float64(max(generated, 1))
	}
	return keys
}

// confirmation is, for each class, how often the tests it passes were generated
// again, and the share of generated tests that repeat.
func (m *Matrix) confirmation(classes []class) (confirmed []int, repeating float64) {
	confirmed = make([]int, len(classes))
	if !m.texts {
		for k := range classes {
			confirmed[k] = classes[k].tests
		}
		return confirmed, 1
	}
	for k := range classes {
		confirmed[k] = classes[k].tests - bits.Count(classes[k].passes)
	}
	n := 0
	for j := range m.cols {
		if m.repeats(j) > 1 {
			n += m.repeats(j)
		}
	}
	return confirmed, float64(n) / float64(max(m.generated(), 1))
}
