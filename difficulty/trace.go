package difficulty

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"

	"coderm/rerank"
)

// Case is a finished problem with known truth, to learn from or to judge by.
type Case struct {
	ID     string
	Matrix *rerank.Matrix
	Right  []bool // by row of the matrix
	// Drawn is how many tests were paid for: those of the matrix, and the ones
	// that gave nothing to run. 0 means those of the matrix.
	Drawn int
	Known Known // what was known before any test
}

// drawn is the number of tests the case has on record.
func (c *Case) drawn() int { return max(c.Drawn, c.Matrix.Tests()) }

// PassRate is the share of the samples that are right.
func (c *Case) PassRate() float64 {
	var right, all float64
	for i, ok := range c.Right {
		w := float64(c.Matrix.Weight(i))
		all += w
		if ok {
			right += w
		}
	}
	if all == 0 {
		return 0
	}
	return right / all
}

func (c *Case) check() error {
	switch {
	case c.Matrix == nil || len(c.Right) != c.Matrix.Rows():
		return fmt.Errorf("%s: the truth does not fit the matrix", c.ID)
	case c.Matrix.TotalWeight() == 0:
		return fmt.Errorf("%s: no solutions", c.ID)
	}
	return nil
}

// trace is one order in which the tests of a case could have come.
type trace struct {
	*Case
	selector rerank.Selector
	order    []int // of the tests paid for; those past the matrix's gave nothing
	seen     map[int]outcome
}

// outcome is where a problem stands after some tests.
type outcome struct {
	pilot  Pilot
	choice choice
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
	o.pilot, o.choice = observe(t.Matrix.Select(tests), t.selector, b)
	o.solved = o.choice.right(t.Right)
	t.seen[b] = o
	return o
}

// grid lists the numbers of tests an adaptive run may stop at, up to n.
func grid(n int) []int {
	var out []int
	for b := 1; b < n; b += step(b) {
		out = append(out, b)
	}
	if n > 0 {
		out = append(out, n)
	}
	return out
}

// draws are several orders of the tests of many cases: draws[d][i] is the d-th
// order of case i.
type draws [][]*trace

// newDraws draws n orders for every case. An order depends on the seed, the
// draw and the case's position only.
func newDraws(cases []Case, sel rerank.Selector, n int, seed uint64) draws {
	out := make(draws, n)
	for d := range out {
		out[d] = make([]*trace, len(cases))
		for i := range cases {
			rng := rand.New(rand.NewPCG(seed, uint64(d)<<32|uint64(i)))
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
