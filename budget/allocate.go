package budget

import (
	"container/heap"

	"coderm/difficulty"
	"coderm/internal/stats"
)

// Even is the uniform policy: what one problem cannot use goes to the others.
// Ceiling bounds each problem; nil means no bound.
type Even struct{ Ceiling []int }

// Allocate divides total between as many problems as there are predictions,
// which it ignores otherwise.
func (e Even) Allocate(pred []difficulty.Prediction, total int) []int {
	out := make([]int, len(pred))
	for total > 0 {
		open := 0
		for i := range out {
			if e.Ceiling == nil || out[i] < e.Ceiling[i] {
				open++
			}
		}
		if open == 0 {
			break
		}
		each := max(1, total/open)
		for i := range out {
			give := min(each, total)
			if e.Ceiling != nil {
				give = min(give, e.Ceiling[i]-out[i])
			}
			if give > 0 {
				out[i] += give
				total -= give
			}
		}
	}
	return out
}

// Greedy gives each test where the expected number of solved problems grows
// most. It works on the concave envelopes of the curves; where a curve is
// concave itself, no division of the same total expects more.
type Greedy struct {
	Floor   int   // tests every problem gets first, as far as the total goes
	Ceiling []int // by problem; nil means as far as its curve goes
}

// Allocate divides total by marginal gain. The result has one number a problem
// and never adds up to more than total; it adds up to less where no problem is
// expected to gain from what is left.
func (g Greedy) Allocate(pred []difficulty.Prediction, total int) []int {
	ceiling := make([]int, len(pred))
	for i, p := range pred {
		ceiling[i] = max(g.Floor, len(p.Solved)-1)
		if g.Ceiling != nil {
			ceiling[i] = g.Ceiling[i]
		}
	}
	floor := make([]int, len(pred))
	for i := range floor {
		floor[i] = min(g.Floor, ceiling[i])
	}
	out := Even{floor}.Allocate(pred, total)
	for _, n := range out {
		total -= n
	}
	var q stretches
	for i, p := range pred {
		q = append(q, rising(i, p.Solved, out[i], ceiling[i])...)
	}
	heap.Init(&q)
	for total > 0 && len(q) > 0 {
		s := heap.Pop(&q).(stretch)
		n := min(s.tests, total)
		out[s.problem] += n
		total -= n
	}
	return out
}

// stretch is a part of a problem's envelope with one slope.
type stretch struct {
	problem, from, tests int
	slope                float64 // gain of one test
}

// rising lists the rising parts of the envelope of a curve between two budgets.
func rising(problem int, solved []float64, from, to int) []stretch {
	to = min(to, len(solved)-1)
	var points []stats.Point
	for b := from; b <= to; b++ {
		points = append(points, stats.Point{X: float64(b), Y: solved[b]})
	}
	hull := stats.Envelope(points)
	var out []stretch
	for k := 1; k < len(hull); k++ {
		a, b := hull[k-1], hull[k]
		if b.Y <= a.Y {
			break
		}
		out = append(out, stretch{problem, int(a.X), int(b.X - a.X), (b.Y - a.Y) / (b.X - a.X)})
	}
	return out
}

// stretches is a heap, steepest first; equals by problem, then by start, so
// that a problem's parts come in order.
type stretches []stretch

func (q stretches) Len() int { return len(q) }
func (q stretches) Less(a, b int) bool {
	switch {
	case q[a].slope != q[b].slope:
		return q[a].slope > q[b].slope
	case q[a].problem != q[b].problem:
		return q[a].problem < q[b].problem
	}
	return q[a].from < q[b].from
}
func (q stretches) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q *stretches) Push(x any)   { *q = append(*q, x.(stretch)) }
func (q *stretches) Pop() any {
	old := *q
	s := old[len(old)-1]
	*q = old[:len(old)-1]
	return s
}
