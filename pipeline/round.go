package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"coderm/budget"
	"coderm/journal"
	"coderm/problem"
	"coderm/problem/public"
)

// share is what a problem gets in a round.
type share struct {
	*work
	from, to int   // generations
	missing  []int // those to draw
	left     int   // of them
	last     bool
}

// round draws what was granted. A problem's tests are run as soon as they are
// all there, while others are drawn.
func (r *runner) round(ctx context.Context, grants []budget.Grant) error {
	g, ctx := errgroup.WithContext(ctx)
	d := &drawing{runner: r, tests: g, open: map[int]*share{}}
	g.Go(func() error { return d.draw(ctx, grants) })
	return g.Wait()
}

// drawing is a round at work.
type drawing struct {
	*runner
	tests *errgroup.Group // runs the tests of what is complete

	mu   sync.Mutex
	open map[int]*share // by place of the order, those being drawn
	err  error          // what went wrong while orders were pulled
}

func (d *drawing) draw(ctx context.Context, grants []budget.Grant) error {
	orders := d.orders(ctx, grants)
	if d.Source == nil {
		for o := range orders {
			return fmt.Errorf("%s: tests are missing that the run was given", o.Task.Problem.ID)
		}
		return d.err
	}
	err := d.Source.Draw(ctx, orders, func(i int, sample journal.Sample) error { return d.take(ctx, i, sample) })
	if d.err != nil {
		return d.err
	}
	var unfilled Unfilled
	if !errors.As(err, &unfilled) {
		return err
	}
	for i, why := range unfilled {
		s := d.at(i)
		d.states[s.number].unfilled = why
		d.Progress.SamplesPlanned.Add(-int64(s.left))
		if err := d.complete(ctx, i, s); err != nil { // with the tests it has
			return err
		}
	}
	return nil
}

// orders loads the problems of the grants one by one and gives out what they are
// short of; what is short of nothing is run at once.
func (d *drawing) orders(ctx context.Context, grants []budget.Grant) iter.Seq[Order] {
	return func(yield func(Order) bool) {
		place := 0
		for _, grant := range grants {
			if d.stopping() {
				return
			}
			s, err := d.share(ctx, grant)
			if err == nil && len(s.missing) == 0 {
				err = d.complete(ctx, -1, s)
			}
			if err != nil {
				d.err = err
				return
			}
			if len(s.missing) == 0 {
				continue
			}
			d.mu.Lock()
			d.open[place] = s
			d.mu.Unlock()
			place++
			task := s.task()
			if d.PilotFirst {
				task.Best = s.best()
			}
			task.Hidden = d.keepHidden(ctx, s.work)
			if !yield(Order{task, s.missing}) {
				return
			}
		}
	}
}

func (d *drawing) at(place int) *share {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.open[place]
}

func (d *drawing) share(ctx context.Context, grant budget.Grant) (*share, error) {
	w, err := loadWork(ctx, d.Journal, grant.Problem, d.Distinct)
	if err != nil {
		return nil, err
	}
	state := &d.states[grant.Problem]
	s := &share{work: w, from: state.granted, to: state.granted + grant.Tests, last: grant.Last}
	state.granted, state.last = s.to, grant.Last
	w.granted = max(w.granted, s.to)
	for g := s.from; g < s.to && state.unfilled == nil; g++ { // what failed in this run would fail again
		if _, ok := w.samples[g]; !ok {
			s.missing = append(s.missing, g)
		}
	}
	s.left = len(s.missing)
	d.Progress.SamplesPlanned.Add(int64(grant.Tests))
	d.Progress.Samples.Add(int64(grant.Tests - len(s.missing)))
	d.Progress.SamplesKept.Add(int64(grant.Tests - len(s.missing)))
	return s, nil
}

// take records a sample that was drawn.
func (d *drawing) take(ctx context.Context, place int, sample journal.Sample) error {
	s := d.at(place)
	if err := d.Journal.AddSample(ctx, s.number, sample); err != nil {
		return err
	}
	s.samples[sample.Generation] = sample
	d.Progress.Samples.Add(1)
	d.Progress.Tokens.Add(int64(sample.Tokens))
	d.Progress.Tests.Add(int64(len(sample.Tests)))
	if s.left--; s.left == 0 {
		return d.complete(ctx, place, s)
	}
	return nil
}

// keepHidden records a problem's hidden state before its samples: a resumed run
// does not draw those again. It is nil when the state is known.
func (r *runner) keepHidden(ctx context.Context, w *work) func([]float32) error {
	if w.hidden != nil {
		return nil
	}
	return func(state []float32) error {
		w.hidden = state
		return r.Journal.AddHidden(ctx, w.number, state)
	}
}

// complete has the tests of a share run. It waits while too many others do, so
// that what was drawn does not pile up in memory.
func (d *drawing) complete(ctx context.Context, place int, s *share) error {
	d.mu.Lock()
	delete(d.open, place)
	d.mu.Unlock()
	if d.Distinct {
		s.dropRepeats()
	}
	if err := d.inFlight.Acquire(ctx, 1); err != nil {
		return err
	}
	d.tests.Go(func() error {
		defer d.inFlight.Release(1)
		tests := s.tests(s.from, s.to)
		d.planPairs(s.work, tests, s.from == 0)
		if d.Executor != nil && len(s.rows) > 0 {
			if err := d.pilot(ctx, s.work); err != nil {
				return unlessStopped(err)
			}
			if err := d.verdicts(ctx, s, tests); err != nil {
				return unlessStopped(s.named(err))
			}
		}
		if !s.last {
			return nil
		}
		return d.settle(ctx, s.number, s.work, func(s *state) { s.tested = true })
	})
	return nil
}

// verdicts runs the tests of a share, and observes their calls.
func (d *drawing) verdicts(ctx context.Context, s *share, tests []journal.Test) error {
	if err := d.runTests(ctx, s.work, tests); err != nil {
		return err
	}
	if !s.last {
		// A planner goes by what it sees now.
		err := d.decide(ctx, s.work, tests, func() []bool { return d.Selector.Choosable(s.shown()) })
		if err != nil {
			return err
		}
	}
	if err := d.observeCalls(ctx, s.work, tests); err != nil || !s.last {
		return err
	}
	return d.decide(ctx, s.work, tests, func() []bool { return d.Selector.InPlay(s.evidence()) })
}

// pilot finds out what costs no model, once: the problem's public tests are run, and
// what solutions return on their calls, and on others like them, is observed.
func (r *runner) pilot(ctx context.Context, w *work) error {
	state := &r.states[w.number]
	if len(w.rows) == 0 || state.piloted {
		return nil
	}
	state.piloted = true
	if len(w.public) == 0 {
		for part, t := range public.Tests(w.problem) {
			if w.problem.Judged(t).Compare.Err() == nil {
				w.public = append(w.public, journal.Test{Origin: problem.Origin{Source: problem.Public, Part: part}, Test: t})
			}
		}
		if err := r.Journal.AddPublic(ctx, w.number, w.public); err != nil {
			return w.named(err)
		}
	}
	r.planPairs(w, w.public, false)
	err := r.runTests(ctx, w, w.public)
	if err == nil {
		err = r.decide(ctx, w, w.public, func() []bool { return r.Selector.PublicInPlay(w.shown()) })
	}
	if err != nil {
		return w.named(err)
	}
	return w.named(r.observeCalls(ctx, w, w.public))
}

// inputAlone tells of a test that expects nothing: what solutions make of it is
// observed, and it comes to no verdict.
func inputAlone(t journal.Test) bool { return t.Alone() }

// noVerdict tells of a test that comes to none: it is an input alone, or its checker does
// not run here.
func (w *work) noVerdict(t journal.Test) bool {
	return inputAlone(t) || w.problem.Judged(t.Test).Compare.Err() != nil
}

// withVerdict are the others.
func (w *work) withVerdict(tests []journal.Test) []journal.Test {
	return slices.DeleteFunc(slices.Clone(tests), w.noVerdict)
}
