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
func auto(m *Matrix, rows, weight []int) []key { return autoWeights.rank(m, rows, weight) }

// rank is auto's score where samples[n] are those that the n-th row is one behaviour with.
func (r autoRule) rank(m *Matrix, rows, samples []int) []key {
	classes, of := m.behaviours(rows)
	agreement := m.agreement(classes)
	raised := m.countPlane(planeRaised)
	all, generated := 0, m.generated()
	for _, i := range rows {
		all += m.weight[i]
	}
	confirmed := m.confirmation(classes)
	keys := make([]key, len(rows))
	for n, i := range rows {
		k := of[n]
		shared := float64(agreement[k]) / float64(max(all, 1))
		keys[n].score = math.Log(float64(samples[n])) +
			r.agreement*math.Log(shared+autoFloor) +
			r.confirmation*math.Sqrt(confirmed[k]) -
			r.raised*float64(raised[i])/float64(max(generated, 1))
	}
	return keys
}

// confirmation is, for each class, how often the tests it passes were generated
// again, times the share of generated tests that repeat; of columns that are not
// texts, how many it passes.
func (m *Matrix) confirmation(classes []class) []float64 {
	out := make([]float64, len(classes))
	if m.texts == nil {
		for k := range classes {
			out[k] = float64(classes[k].tests)
		}
		return out
	}
	texts, generated, repeating := bits.New(1, m.cols), 0, 0
	for j, is := range m.texts {
		if !is {
			continue
		}
		texts.Set(0, j, true)
		n := m.repeats(j)
		generated += n
		if n > 1 {
			repeating += n
		}
	}
	share := float64(repeating) / float64(max(generated, 1))
	counter, passed := m.counter(), make([]uint64, len(texts.Row(0)))
	for k, c := range classes {
		copy(passed, c.passes)
		bits.And(passed, texts.Row(0))
		n := counter.count(passed)
		out[k] = share*float64(n-bits.Count(passed)) + float64(c.tests-n)
	}
	return out
}
