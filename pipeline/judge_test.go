package pipeline

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"coderm/journal"
	"coderm/problem"
)

// waiting is a source that gives its first test when all problems are judged.
type waiting struct {
	divisors
	judged *sync.WaitGroup
}

func (s waiting) Draw(ctx context.Context, orders iter.Seq[Order], yield func(int, journal.Sample) error) error {
	s.judged.Wait()
	return s.divisors.Draw(ctx, orders, yield)
}

// Problems are judged while tests are drawn, as many at once as was said, each once
// a folder; one that cannot be says why.
func TestJudge(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var judged sync.WaitGroup
	var calls, running, most atomic.Int64
	pair := make(chan bool)
	judge := func(_ context.Context, _ int, p problem.Problem, programs []string, _ []int, _ func(bool)) ([]journal.Judged, error) {
		defer judged.Done()
		calls.Add(1)
		for n := running.Add(1); ; {
			if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		defer running.Add(-1)
		if p.ID == "p0" || p.ID == "p1" { // each waits for the other
			select {
			case pair <- true:
			case <-pair:
			}
		}
		if p.ID == "p3" {
			return nil, Unjudged("no check")
		}
		out := make([]journal.Judged, len(programs))
		for i, code := range programs {
			out[i].Right = code == "24"
		}
		return out, nil
	}
	for again, want := range []int64{5, 1} {
		calls.Store(0)
		judged.Add(int(want))
		c := config(t, dir, waiting{divisors{writer(&drawn{})}, &judged}, &arithmetic{fail: never})
		c.Judge, c.Judging = judge, 2
		results, err := run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		c.Journal.Close()
		for i, r := range results {
			if (r.Unjudged != "") != (i == 3) || (r.Truth == nil) != (i == 3) {
				t.Errorf("%s: truth %v, unjudged: %q", r.Problem.ID, r.Truth, r.Unjudged)
			}
			for row, right := range r.Truth {
				if right != (r.Rows[row] == "24") {
					t.Errorf("%s: %s is %v", r.Problem.ID, r.Rows[row], right)
				}
			}
		}
		if n := calls.Load(); n != want {
			t.Errorf("run %d judged %d problems, want %d", again, n, want)
		}
	}
	if most.Load() != 2 {
		t.Errorf("%d problems at once, want 2", most.Load())
	}
}

// A judge that fails ends the run, and so do the tests that are drawn meanwhile.
func TestJudgeFails(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), endless{}, &arithmetic{fail: never})
	c.Judge = func(context.Context, int, problem.Problem, []string, []int, func(bool)) ([]journal.Judged, error) {
		return nil, errCrash
	}
	if _, err := run(t.Context(), c); !errors.Is(err, errCrash) {
		t.Errorf("got %v", err)
	}
}

// endless draws until it is stopped.
type endless struct{}

func (endless) Draw(ctx context.Context, _ iter.Seq[Order], _ func(int, journal.Sample) error) error {
	<-ctx.Done()
	return ctx.Err()
}
