package sandbox

import (
	"context"
	"fmt"
	"iter"

	"coderm/problem"
)

// Pair is one solution, Python source, and one test.
type Pair struct {
	Solution string
	Test     problem.Test
}

// CanRun fails for a test that a sandbox gives no verdict on.
func CanRun(t problem.Test) error {
	switch t.Kind {
	case problem.Unittest, problem.Assert:
		return nil
	case problem.Stdio:
		return t.Compare.Err()
	case problem.Call:
		return fmt.Errorf("a call (%.60q) has nothing expected, and so no verdict", t.Input)
	case problem.Stdin:
		return fmt.Errorf("an input (%.60q) has nothing expected, and so no verdict", t.Input)
	}
	return fmt.Errorf("a test of kind %q is unknown", t.Kind)
}

// Run runs one pair.
func (s *Sandbox) Run(ctx context.Context, p Pair, lim Limits) (Verdict, error) {
	var out Verdict
	err := s.Pairs(ctx, func(yield func(Pair) bool) { yield(p) }, lim, func(_ int, v Verdict) error {
		out = v
		return nil
	})
	return out, err
}

// Pairs runs independent pairs and hands over the verdicts in their order. It
// reads a few pairs ahead, so that a sequence may be longer than memory. A test
// that cannot run (see CanRun) and an error of yield end the work and are returned.
func (s *Sandbox) Pairs(ctx context.Context, pairs iter.Seq[Pair], lim Limits, yield func(k int, v Verdict) error) error {
	if err := lim.Check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	lim = lim.withDefaults()
	defer s.ticks.use()()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	// Each pair's verdict has a place in the queue from the start.
	queue := make(chan chan Verdict, 4*s.opt.Workers)
	go func() {
		defer close(queue)
		for p := range pairs {
			if err := CanRun(p.Test); err != nil {
				cancel(fmt.Errorf("sandbox: %w", err))
				return
			}
			e, err := s.edition(ctx, p.Solution, textOf(p.Test))
			if err != nil {
				cancel(err)
				return
			}
			out := make(chan Verdict, 1)
			select {
			case queue <- out:
			case <-ctx.Done():
				return
			}
			if !s.do(ctx, func(w *worker) { out <- w.pair(ctx, e, p, lim) }) {
				close(out)
				return
			}
		}
	}()
	k := 0
	for out := range queue {
		v, ok := <-out
		if !ok || ctx.Err() != nil {
			continue
		}
		if err := yield(k, v); err != nil {
			cancel(err)
		}
		k++
	}
	return context.Cause(ctx)
}

// pair runs one pair by itself, in an edition of the guest.
func (w *worker) pair(ctx context.Context, e *edition, p Pair, lim Limits) (v Verdict) {
	lim = e.limits(lim)
	w, err := w.in(e, lim)
	if err != nil {
		return ownFault(err)
	}
	test := w.prepare(ctx, p.Test, lim)
	w.row(ctx, p.Solution, []compiled{test}, lim, func(_ int, got Verdict) bool {
		v = got
		return true
	})
	return v
}
