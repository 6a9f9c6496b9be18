package run

import (
	"context"
	"iter"
	"math"

	"golang.org/x/sync/errgroup"
)

// atOnce is how many problems are judged at once: at the end of one, a few programs
// that never end leave workers idle.
const atOnce = 2

// Each does something with each of n problems, in an order of its own and a few at once,
// until one fails.
func Each(ctx context.Context, n int, do func(ctx context.Context, k int) error) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for k := range scattered(n) {
		g.Go(func() error {
			if err := inner.Err(); err != nil {
				return err
			}
			return do(inner, k)
		})
	}
	return g.Wait()
}

// scattered counts to n in steps of the golden ratio. Problems whose solutions are slow
// often lie together in a file, and while such a stretch goes on nobody can tell how long
// all will take.
func scattered(n int) iter.Seq[int] {
	gcd := func(a, b int) int {
		for b != 0 {
			a, b = b, a%b
		}
		return a
	}
	step := max(1, int(math.Round(float64(n)/math.Phi)))
	for gcd(step, n) > 1 {
		step++
	}
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i * step % n) {
				return
			}
		}
	}
}
