// Package pipeline is the conductor: it moves problems along the line from
// prompt to choice, generating tests for one problem while the sandbox runs
// those of another, and records every fact in the journal as it appears.
package pipeline

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"coderm/difficulty"
	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// Source gives tests for a problem. Draw yields one sample for each asked
// generation, in any order, never concurrently; a generation the source does
// not have is left out.
type Source interface {
	Draw(ctx context.Context, task Task, generations []int, yield func(journal.Sample) error) error
}

// Task is what a source may look at: the problem and its distinct candidate
// programs, in the order they were first given.
type Task struct {
	Number     int // position in the problems file
	Problem    problem.Problem
	Candidates []string
	// Hidden, if set, takes the prompt's hidden state before any sample of it.
	Hidden func([]float32)
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
	Planner   difficulty.Planner // divides the budget of generations, in rounds
	Executor  Executor           // nil: draw tests only
	Limits    sandbox.Limits
	Selector  rerank.Selector // nil: run the matrix only
	Seed      uint64          // breaks ties
	// Judge, if set, tells which of a problem's programs are right by its hidden
	// check; nil for a problem that cannot be scored.
	Judge   func(ctx context.Context, p problem.Problem, programs []string) ([]bool, error)
	Journal *journal.Journal
	// Drawing and Running bound how many problems are in each stage at once.
	Drawing, Running int
	Progress         *Progress
}

// Run does the job and returns one result a problem, in the problems' order.
// Everything is in the journal before it is acted on: a second Run on the same
// journal continues where the first one ended.
func Run(ctx context.Context, cfg Config) ([]Result, error) {
	r := &runner{
		Config: cfg,
		draw:   semaphore.NewWeighted(int64(max(1, cfg.Drawing))),
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
	if err := r.rounds(ctx); err != nil {
		return nil, err
	}
	results := make([]Result, len(r.work))
	for i, w := range r.work {
		res, err := r.finish(ctx, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", w.problem.ID, err)
		}
		results[i] = res
	}
	return results, nil
}

type runner struct {
	Config
	draw, run *semaphore.Weighted
	work      []*work
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
		for _, g := range grants {
			r.Progress.SamplesPlanned.Add(int64(g.Tests))
		}
		g, gctx := errgroup.WithContext(ctx)
		for _, grant := range grants {
			g.Go(func() error {
				w := r.work[grant.Problem]
				if err := r.fulfil(gctx, w, grant.Tests); err != nil {
					return fmt.Errorf("%s: %w", w.problem.ID, err)
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for _, grant := range grants {
			if err := r.observe(grant.Problem); err != nil {
				return err
			}
		}
	}
}

// observe tells the planner what is known of a problem so far.
func (r *runner) observe(number int) error {
	w := r.work[number]
	if p, ok := r.Planner.(difficulty.Prober); ok {
		if err := p.Probe(number, w.hidden); err != nil {
			return fmt.Errorf("%s: %w", w.problem.ID, err)
		}
	}
	r.Planner.Observe(number, w.matrix())
	return nil
}

// fulfil draws the problem's next n generations and runs their tests.
func (r *runner) fulfil(ctx context.Context, w *work, n int) error {
	first := w.granted
	w.granted += n
	if err := r.drawTests(ctx, w, first, w.granted); err != nil {
		return err
	}
	if r.Executor == nil || len(w.rows) == 0 {
		return nil
	}
	return r.runTests(ctx, w, first, w.granted)
}

func (r *runner) drawTests(ctx context.Context, w *work, first, end int) error {
	var missing []int
	for g := first; g < end; g++ {
		if _, ok := w.samples[g]; !ok {
			missing = append(missing, g)
		}
	}
	r.Progress.Samples.Add(int64(end - first - len(missing)))
	if len(missing) == 0 {
		return nil
	}
	if err := r.draw.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.draw.Release(1)
	task := Task{Number: w.number, Problem: w.problem, Candidates: w.rows}
	var recorded error
	if w.hidden == nil {
		// Recorded before the samples: a resumed run does not draw them again.
		task.Hidden = func(state []float32) {
			w.hidden = state
			recorded = r.Journal.AddHidden(ctx, w.number, state)
		}
	}
	err := r.Source.Draw(ctx, task, missing, func(s journal.Sample) error {
		if err := r.Journal.AddSample(ctx, w.number, s); err != nil {
			return err
		}
		w.samples[s.Generation] = s
		r.Progress.Samples.Add(1)
		r.Progress.Tokens.Add(int64(s.Tokens))
		r.Progress.Tests.Add(int64(len(s.Tests)))
		return nil
	})
	return errors.Join(recorded, err)
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
	err := r.Executor.Matrix(ctx, w.rows, codes, r.Limits, func(i, j int, v sandbox.Verdict) error {
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
