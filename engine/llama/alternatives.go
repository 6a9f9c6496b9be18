package llama

import (
	"slices"

	"coderm/engine/sched"
	"coderm/kernels"
)

// mostProbable gives the n tokens with the largest logits, of equal ones the first. What
// was drawn from the row says what is to be taken off a logit for its logarithm of a
// probability.
func mostProbable(logits []float32, n int, drawn kernels.Pick) []sched.Other {
	top := make([]sched.Other, 0, n+1)
	for i, x := range logits {
		if len(top) == n && !(x > top[n-1].LogProb) {
			continue
		}
		at := len(top)
		for at > 0 && x > top[at-1].LogProb {
			at--
		}
		top = slices.Insert(top, at, sched.Other{Token: int32(i), LogProb: x})
		top = top[:min(n, len(top))]
	}
	off := float64(logits[drawn.Token]) - float64(drawn.LogProb)
	for i := range top {
		top[i].LogProb = float32(float64(top[i].LogProb) - off)
	}
	return top
}
