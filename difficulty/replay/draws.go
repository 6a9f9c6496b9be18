package replay

import (
	"runtime"
	"sync"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/seed"
	"coderm/rerank"
)

// trace is one order in which the tests of a case could have come.
type trace struct {
	*Case
	selector rerank.Selector
	order    []int // of the tests paid for; those past the matrix's gave nothing
	seen     map[int]outcome
}

// outcome is where a problem stands after some tests.
type outcome struct {
	pilot  difficulty.Pilot
	choice rerank.Choice
	solved float64 // probability that the choice is right
}

// at is where one stands after the first b tests. Not for concurrent use.
func (t *trace) at(b int) outcome {
	b = min(b, len(t.order))
	if o, ok := t.seen[b]; ok {
		return o
	}
	var tests []int
	for _, k := range t.order[:b] {
		if k < t.Matrix.Tests() {
			tests = append(tests, k)
		}
	}
	var o outcome
	o.pilot, o.choice = difficulty.Observe(t.Select(tests), t.selector, b)
	o.solved = o.choice.Right(t.Right)
	t.seen[b] = o
	return o
}

// draws are several orders of the tests of many cases: draws[d][i] is the d-th
// order of case i.
type draws [][]*trace

// newDraws draws n orders for every case. An order depends on the seed, the
// draw and the case's position only.
func newDraws(cases []Case, sel rerank.Selector, n int, root uint64) draws {
	out := make(draws, n)
	for d := range out {
		out[d] = make([]*trace, len(cases))
		for i := range cases {
			rng := seed.Order(root, d, i)
			out[d][i] = &trace{
				Case:     &cases[i],
				selector: sel,
				order:    rng.Perm(cases[i].drawn()),
				seen:     map[int]outcome{},
			}
		}
	}
	return out
}

// each runs f for every draw, several at once. A draw is touched by one call
// only.
func (ds draws) each(f func(d int, traces []*trace)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(len(ds), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for d := range next {
				f(d, ds[d])
			}
		})
	}
	for d := range ds {
		next <- d
	}
	close(next)
	wg.Wait()
}

// subset keeps the cases with keep[i]; the draws share what was computed.
func (ds draws) subset(keep func(i int) bool) draws {
	out := make(draws, len(ds))
	for d, traces := range ds {
		for i, t := range traces {
			if keep(i) {
				out[d] = append(out[d], t)
			}
		}
	}
	return out
}

// ceiling is how many tests each case has.
func (ds draws) ceiling() []int {
	out := make([]int, len(ds[0]))
	for i, t := range ds[0] {
		out[i] = len(t.order)
	}
	return out
}

// play gives, by problem, how often the choice is right after dividing the
// tests in every draw, and the mean tests a problem that were spent.
func (ds draws) play(divide func([]*trace) []int) (solved []float64, spent float64) {
	by := make([][]float64, len(ds))
	used := make([]int, len(ds))
	ds.each(func(d int, traces []*trace) {
		by[d] = make([]float64, len(traces))
		for i, b := range divide(traces) {
			by[d][i] = traces[i].at(b).solved
			used[d] += b
		}
	})
	solved = make([]float64, len(ds[0]))
	for d := range by {
		for i, s := range by[d] {
			solved[i] += s / float64(len(by))
		}
		spent += float64(used[d]) / float64(len(by)*len(solved))
	}
	return solved, spent
}

// spend spends a budget as a run would, on recorded tests, and returns what each
// problem got.
func spend(cfg budget.Adaptive, traces []*trace) []int {
	a := budget.NewAdaptive(cfg, len(traces))
	drawn := make([]int, len(traces))
	for i, t := range traces {
		o := t.at(0)
		a.ObservePilot(i, &o.pilot)
	}
	for {
		grants, done := a.Next()
		if done {
			return drawn
		}
		for _, g := range grants {
			drawn[g.Problem] += g.Tests
			o := traces[g.Problem].at(drawn[g.Problem])
			a.ObservePilot(g.Problem, &o.pilot)
		}
	}
}
