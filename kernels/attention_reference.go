package kernels

import (
	"math"

	"github.com/x448/float16"
)

// reference is the textbook's softmax(q·kᵀ·scale + mask)·v in float64, one score
// after another (Vaswani et al., 2017; the cap of scores is Gemma 2's, the sinks
// are those of Xiao et al., 2023, the slopes ALiBi's). The kernel may differ from
// it by rounding: an error of a score, which is relative, is one of its weight's
// factor.
func (a *attention) reference() []float32 {
	out := make([]float32, a.tokens*a.heads*a.dv)
	scores := make([]float64, a.cells)
	for t := range a.tokens {
		for h := range a.heads {
			top := math.Inf(-1)
			for c := range scores {
				scores[c] = a.score(t, h, c)
				top = max(top, scores[c])
			}
			if math.IsInf(top, -1) {
				continue // sees nothing: zeros
			}
			sum := 0.0
			for c := range scores {
				scores[c] = math.Exp(scores[c] - top)
				sum += scores[c]
			}
			if a.sinks != nil {
				sum += math.Exp(float64(a.sinks[h]) - top)
			}
			for d := range a.dv {
				o := 0.0
				for c, w := range scores {
					o += w * fromHalf(a.v[(c*a.kvHeads+a.kvHead(h))*a.dv+d])
				}
				out[(t*a.heads+h)*a.dv+d] = float32(o / sum)
			}
		}
	}
	return out
}

// score is what a token's head gives to a cell, before the softmax.
func (a *attention) score(token, head, cell int) float64 {
	s := 0.0
	for d := range a.dk {
		s += float64(a.q[(token*a.heads+head)*a.dk+d]) * fromHalf(a.k[(cell*a.kvHeads+a.kvHead(head))*a.dk+d])
	}
	s *= float64(a.scale)
	if a.softcap > 0 {
		s = float64(a.softcap) * math.Tanh(s/float64(a.softcap))
	}
	if a.mask == nil {
		return s
	}
	slope := 1.0
	if a.slopes != nil {
		slope = float64(a.slopes[head])
	}
	return s + slope*fromHalf(a.mask[token*a.cells+cell])
}

// kvHead is the key and value head that a query head goes with.
func (a *attention) kvHead(head int) int { return head / (a.heads / a.kvHeads) }

func fromHalf(h uint16) float64 { return float64(float16.Frombits(h).Float32()) }
