// Package pipeline is the conductor: it moves problems along the line from
// prompt to choice, generating tests for one problem while the sandbox runs
// those of another, and records every fact in the journal as it appears.
package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"coderm/budget"
	"coderm/journal"
	"coderm/problem"
	"coderm/problem/public"
	"coderm/rerank"
	"coderm/sandbox"
)

// Source gives tests. Draw yields one sample for each asked generation, with
// the place of its order, in any order and never concurrently. All orders of a
// round come in one call, so that what a model computes together does not
// depend on timing. An order that cannot be filled costs the others nothing: when
// they are done, Draw returns Unfilled.
type Source interface {
	Draw(ctx context.Context, orders []Order, yield func(order int, s journal.Sample) error) error
}

// Unfilled tells which orders of a Draw lack samples, by their place in it, and
// why. It is never empty.
type Unfilled map[int]error

func (u Unfilled) Error() string { return u[slices.Min(slices.Collect(maps.Keys(u)))].Error() }

// Order asks for generations of one problem's tests, by number.
type Order struct {
	Task        Task
	Generations []int
}

// Task is what a source may look at: the problem and its distinct candidate
// programs, in the order they were first given.
type Task struct {
	Number     int // position in the problems file
	Problem    problem.Problem
	Candidates []string
	// Hidden, if set, takes the prompt's hidden state before any sample of it.
	Hidden func([]float32) error
}

// Executor runs solutions against tests; *sandbox.Sandbox is one.
type Executor interface {
	Matrix(ctx context.Context, solutions, tests []string, lim sandbox.Limits, yield func(i, j int, v sandbox.Verdict) error) error
}

// Config is one run.
type Config struct {
	Problems  []problem.Problem
	Solutions [][]problem.Solution // by problem; may be empty for test generation only
	Source    Source
	Planner   budget.Planner // divides the budget of generations, in rounds
	Executor  Executor       // nil: draw tests only
	Limits    sandbox.Limits
	Selector  rerank.Selector // nil: run the matrix only
	Seed      uint64          // breaks ties
	// Judge, if set, tells which of a problem's programs are right by its hidden
	// check; the error is Unjudged for a problem that cannot be scored. It is called
	// for several problems at once.
	Judge    func(ctx context.Context, p problem.Problem, programs []string) ([]bool, error)
	Journal  *journal.Journal
	Running  int // bounds how many matrices are run at once
	Judging  int // bounds how many problems are judged at once
	Progress *Progress
}

// Run does the job and returns one result a problem, in the problems' order.
// Everything is in the journal before it is acted on: a second Run on the same
// journal continues where the first one ended.
func Run(ctx context.Context, cfg Config) ([]Result, error) {
	r := &runner{
		Config: cfg,
		run:    semaphore.NewWeighted(int64(max(1, cfg.Running))),
	}
	if r.Progress == nil {
		r.Progress = new(Progress)
	}
	for i := range cfg.Problems {
		w, err := r.load(ctx, i)
		if err != nil {
			return nil, err
		}
		r.work = append(r.work, w)
	}
	if err := r.all(ctx); err != nil {
		return nil, err
	}
	results := make([]Result, len(r.work))
	for i, w := range r.work {
		res, err := r.finish(ctx, w)
		if err != nil {
			return nil, w.named(err)
		}
		results[i] = res
	}
	return results, nil
}

// all runs the tests and, beside them, the hidden checks: these need no test, and
// while a model writes the executor has time.
func (r *runner) all(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.judge(ctx) })
	g.Go(func() error {
		if err := r.rounds(ctx); err != nil {
			return err
		}
		return r.restOfPublic(ctx)
	})
	return g.Wait()
}

type runner struct {
	Config
	run  *semaphore.Weighted
	work []*work
}

// rounds asks the planner and does what it grants, until it is done. A round
// ends when all its grants have run, and is observed in the problems' order:
// what the planner sees never depends on timing.
func (r *runner) rounds(ctx context.Context) error {
	for {
		grants, done := r.Planner.Next()
		if done {
			return nil
		}
		if err := r.round(ctx, grants); err != nil {
			return err
		}
		for _, grant := range grants {
			if err := r.observe(grant.Problem); err != nil {
				return err
			}
		}
	}
}

// share is what a problem gets in a round.
type share struct {
	*work
	from, to int   // generations
	missing  []int // those to draw
}

// round draws what was granted. A problem's tests are run as soon as they are
// all there, while others are drawn.
func (r *runner) round(ctx context.Context, grants []budget.Grant) error {
	g, ctx := errgroup.WithContext(ctx)
	run := func(s *share) {
		if r.Executor == nil || len(s.rows) == 0 {
			return
		}
		g.Go(func() error {
			if err := r.runPublic(ctx, s.work); err != nil {
				return err
			}
			return s.named(r.runTests(ctx, s.work, s.from, s.to))
		})
	}
	var short []*share
	for _, grant := range grants {
		s := r.share(grant)
		r.Progress.SamplesPlanned.Add(int64(grant.Tests))
		r.Progress.Samples.Add(int64(grant.Tests - len(s.missing)))
		if len(s.missing) > 0 {
			short = append(short, s)
		} else {
			run(s)
		}
	}
	g.Go(func() error { return r.draw(ctx, short, run) })
	return g.Wait()
}

func (r *runner) share(grant budget.Grant) *share {
	w := r.work[grant.Problem]
	s := &share{work: w, from: w.granted, to: w.granted + grant.Tests}
	w.granted = s.to
	for g := s.from; g < s.to && w.unfilled == nil; g++ { // what failed in this run would fail again
		if _, ok := w.samples[g]; !ok {
			s.missing = append(s.missing, g)
		}
	}
	return s
}

// observe tells the planner what is known of a problem so far.
func (r *runner) observe(number int) error {
	w := r.work[number]
	if p, ok := r.Planner.(budget.Prober); ok && (w.hidden != nil || w.unfilled == nil) {
		if err := p.Probe(number, w.hidden); err != nil {
			return w.named(err)
		}
	}
	r.Planner.Observe(number, w.matrix())
	return nil
}

// draw gets what the shares are short of and calls complete for each that has
// it all.
func (r *runner) draw(ctx context.Context, shares []*share, complete func(*share)) error {
	if len(shares) == 0 {
		return nil
	}
	orders, left := make([]Order, len(shares)), make([]int, len(shares))
	for i, s := range shares {
		task := Task{Number: s.number, Problem: s.problem, Candidates: s.rows, Hidden: r.keepHidden(ctx, s.work)}
		orders[i], left[i] = Order{task, s.missing}, len(s.missing)
	}
	err := r.Source.Draw(ctx, orders, func(i int, sample journal.Sample) error {
		s := shares[i]
		if err := r.Journal.AddSample(ctx, s.number, sample); err != nil {
			return err
		}
		s.samples[sample.Generation] = sample
		r.Progress.Samples.Add(1)
		r.Progress.Tokens.Add(int64(sample.Tokens))
		r.Progress.Tests.Add(int64(len(sample.Tests)))
		if left[i]--; left[i] == 0 {
			complete(s)
		}
		return nil
	})
	var unfilled Unfilled
	if !errors.As(err, &unfilled) {
		return err
	}
	for i, why := range unfilled {
		shares[i].unfilled = why
		r.Progress.SamplesPlanned.Add(-int64(left[i]))
		complete(shares[i]) // with the tests it has
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

// runPublic runs the problem's public tests, once.
func (r *runner) runPublic(ctx context.Context, w *work) error {
	if r.Executor == nil || len(w.rows) == 0 || w.triedPublic {
		return nil
	}
	w.triedPublic = true
	if _, known := w.samples[journal.Public]; !known {
		s := journal.Sample{Generation: journal.Public, Sampled: problem.Sampled{Finish: "public", Solution: -1}}
		for part, code := range public.Tests(w.problem) {
			s.Tests = append(s.Tests, journal.Test{Generation: journal.Public, Part: part, Style: problem.StyleAssert, Code: code})
		}
		if err := r.Journal.AddSample(ctx, w.number, s); err != nil {
			return w.named(err)
		}
		w.samples[journal.Public] = s
	}
	return w.named(r.runTests(ctx, w, journal.Public, journal.Public+1))
}

// restOfPublic runs the public tests of problems that got no others.
func (r *runner) restOfPublic(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, w := range r.work {
		g.Go(func() error { return r.runPublic(ctx, w) })
	}
	return g.Wait()
}

// cellBatch is how many verdicts go into one journal transaction.
const cellBatch = 2000

func (r *runner) runTests(ctx context.Context, w *work, first, end int) error {
	var tests []journal.Test
	var codes []string
	done := true
	for g := first; g < end; g++ {
		for _, t := range w.samples[g].Tests {
			done = done && w.ran(t)
			tests = append(tests, t)
			codes = append(codes, t.Code)
		}
	}
	if done {
		return nil
	}
	// All of the grant or nothing: a row gives up after so many timeouts in a
	// row, so half a row would not end as a whole one does.
	pairs := int64(len(tests) * len(w.rows))
	r.Progress.PairsPlanned.Add(pairs)
	if err := r.run.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.run.Release(1)
	var batch []journal.Cell
	flush := func() error {
		if err := r.Journal.AddCells(ctx, w.number, batch); err != nil {
			return err
		}
		w.addCells(batch)
		batch = batch[:0]
		return nil
	}
	err := r.Executor.Matrix(ctx, w.programs(), codes, r.Limits, func(i, j int, v sandbox.Verdict) error {
		r.Progress.Pairs.Add(1)
		if v.Kind == sandbox.Infra {
			w.infra++
			return nil // never recorded: a resumed run tries again
		}
		t := tests[j]
		batch = append(batch, journal.Cell{Generation: t.Generation, Part: t.Part, Solution: w.first[i], Verdict: v})
		if len(batch) == cellBatch {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
