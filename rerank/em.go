package rerank

import (
	"math"

	"coderm/kernels/bits"
)

// The limits of em's iteration.
const (
	emRounds = 100
	emClose  = 1e-9
)

// em is Dawid and Skene's model (1979) with one coin a test: test j tells the
// truth about a solution with a chance p_j of its own. Starting from the share
// of tests passed, it alternates between what the tests say of each solution
// and how often each test agrees with that. One imaginary agreement and
// disagreement per test keep a chance off 0 and 1.
func em(m *Matrix, rows []int) []key {
	classes, of := m.behaviours(rows)
	right := make([]float64, len(classes)) // the chance that the class is right
	for k := range classes {
		right[k] = (float64(classes[k].tests) + 1) / (float64(m.generated()) + 2)
	}
	logit := make([]float64, len(classes))
	trust := make([]float64, m.cols)
	for range emRounds {
		prior := m.estimate(classes, right, trust)
		moved := 0.0
		against := 0.0 // the log odds of a solution that passes nothing
		for j, p := range trust {
			trust[j] = float64(m.repeats(j)) * math.Log(p/(1-p))
			against -= trust[j]
		}
		for k := range classes {
			l := math.Log(prior/(1-prior)) + against
			bits.Ones(classes[k].passes, func(j int) { l += 2 * trust[j] })
			logit[k] = l
			p := 1 / (1 + math.Exp(-l))
			moved = max(moved, math.Abs(p-right[k]))
			right[k] = p
		}
		if moved < emClose {
			break
		}
	}
	k := -1
	return spread(classes, of, func(*class) key { k++; return key{score: logit[k]} })
}

// estimate fills in each test's chance to tell the truth and returns the share
// of right solutions, given the chance that each class is right.
func (m *Matrix) estimate(classes []class, right, trust []float64) (prior float64) {
	var samples, good float64
	for k := range classes {
		samples += float64(classes[k].weight)
		good += float64(classes[k].weight) * right[k]
	}
	// A test agrees with the right that pass it and with the wrong that do not.
	for j := range trust {
		trust[j] = samples - good
	}
	for k := range classes {
		w := float64(classes[k].weight)
		bits.Ones(classes[k].passes, func(j int) { trust[j] += w * (2*right[k] - 1) })
	}
	for j := range trust {
		trust[j] = (trust[j] + 1) / (samples + 2)
	}
	return (good + 1) / (samples + 2)
}
