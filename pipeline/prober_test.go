package pipeline

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"testing"

	"coderm/budget"
	"coderm/engine"
)

// told is a planner of one test a problem that notes the hidden states.
type told struct {
	budget.Planner
	states map[int][]float32
}

// Next wants to hear of every grant.
func (p *told) Next() ([]budget.Grant, bool) {
	grants, done := p.Planner.Next()
	for i := range grants {
		grants[i].Last = false
	}
	return grants, done
}

func (p *told) Probe(problem int, hidden []float32) error {
	p.states[problem] = hidden
	return nil
}

// crashing draws as drawn does and fails after a sample has been handed over.
type crashing struct{ drawn }

var errCrash = errors.New("crash")

func (c *crashing) Generate(ctx context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	if err := c.drawn.Generate(ctx, first(requests), yield); err != nil {
		return err
	}
	return errCrash
}

func first[T any](s iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		for v := range s {
			yield(v)
			return
		}
	}
}

// A planner that wants the hidden states has them, also in a run that was cut
// off after the samples whose prefill showed them.
func TestProberIsToldAfterResume(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	exec := &arithmetic{fail: never}
	first := config(t, dir, divisors{writer(&crashing{})}, exec)
	if _, err := run(t.Context(), first); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	first.Journal.Close()

	g := &drawn{}
	second := config(t, dir, divisors{writer(g)}, exec)
	p := &told{second.Planner, map[int][]float32{}}
	second.Planner = p
	if _, err := run(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if n := g.samples.Load(); n == 40 {
		t.Error("every sample was drawn again: nothing was resumed")
	}
	for i := range 5 {
		if len(p.states[i]) != 1 {
			t.Errorf("problem %d: told of the state %v", i, p.states[i])
		}
	}
}
