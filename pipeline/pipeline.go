// Package pipeline is the conductor: it moves problems along the line from
// prompt to choice, generating tests for one problem while the sandbox runs
// those of another, and records every fact in the journal as it appears.
//
// The journal holds the run. In memory is what is being worked on: a problem is
// read from the journal when its turn comes and dropped when its tests have run,
// and of all problems together only a few numbers each are kept.
package pipeline

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"coderm/budget"
	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// Source gives tests. Draw takes all orders of a round, pulling each when it has
// room for it and to the last, and yields one sample for each asked generation,
// with the place of its order, in any order and never concurrently. All orders of
// a round come in one call, so that what a model computes together does not depend
// on timing. An order that cannot be filled costs the others nothing: when they
// are done, Draw returns Unfilled.
type Source interface {
	Draw(ctx context.Context, orders iter.Seq[Order], yield func(order int, s journal.Sample) error) error
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
	// Best are the places of those that pass the most of the question's examples, the
	// most telling first; nil without examples, and without Config.PilotFirst.
	Best []int
	// Hidden, if set, takes the prompt's hidden state before any sample of it.
	Hidden func([]float32) error
}

// Executor runs solutions against tests; *sandbox.Sandbox is one.
type Executor interface {
	Matrix(ctx context.Context, solutions []string, tests []problem.Test, lim sandbox.Limits, yield func(i, j int, v sandbox.Verdict) error) error
}

// Judge tells which of a problem's distinct programs are right by its hidden check;
// first are the solutions that they are the first texts of. The error is Unjudged for
// a problem that cannot be scored. found is told of every program that is judged; known
// says that an earlier run did. It is called for several problems at once.
type Judge func(ctx context.Context, number int, p problem.Problem, programs []string, first []int, found func(known bool)) ([]journal.Judged, error)

// Config is one run on a journal, which has the inputs.
type Config struct {
	Journal  *journal.Journal
	Source   Source         // nil: the journal has the tests too
	Planner  budget.Planner // divides the budget of generations, in rounds
	Executor Executor       // nil: draw tests only
	Observer Observer       // nil: what solutions return is not looked at
	// Mutations is how many calls with other arguments than the tests' are observed
	// for a problem.
	Mutations int
	Limits    sandbox.Limits
	// First is the fuel that a pair may take at first; one that runs out of it has
	// Limits where that could change the choice. 0: all have Limits at once.
	First    uint64
	Selector rerank.Selector // none: run the matrix only
	Seed     uint64          // breaks ties
	Judge    Judge           // nil: the truth is not asked for
	// PilotFirst runs the question's examples on all problems' solutions before the
	// first test is drawn, so that a source can go by them.
	PilotFirst bool
	// Stop, when it is closed, has the run finish the matrices and the orders that it has
	// begun, and begin nothing more; nil: never.
	Stop     <-chan struct{}
	Distinct bool // of equal tests of a problem the first completion's alone counts
	Running  int  // bounds how many matrices are run at once
	Judging  int  // bounds how many problems are judged at once
	Progress *Progress
}

// Run does the job and hands over each problem's result as soon as it is final,
// one after the other. Everything is in the journal before it is acted on: a
// second Run on the same journal continues where the first one ended. An error of
// yield ends the run and is returned; if Config.Stop kept it from something, the end is
// ErrStopped.
func Run(ctx context.Context, cfg Config, yield func(Result) error) error {
	numbers, _, err := cfg.Journal.Problems(ctx)
	if err != nil {
		return err
	}
	last := -1
	if len(numbers) > 0 {
		last = numbers[len(numbers)-1]
	}
	r := &runner{
		Config:   cfg,
		run:      semaphore.NewWeighted(int64(max(1, cfg.Running))),
		inFlight: semaphore.NewWeighted(int64(max(1, cfg.Running) + queued)),
		numbers:  numbers,
		states:   make([]state, last+1),
		yield:    yield,
	}
	if r.Progress == nil {
		r.Progress = new(Progress)
	}
	r.Progress.Pairs.Problems.Store(int64(len(numbers)))
	r.Progress.Judged.Problems.Store(int64(len(numbers)))
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return r.judge(ctx) })
	g.Go(func() error {
		if err := r.rounds(ctx); err != nil {
			return err
		}
		return r.rest(ctx)
	})
	if err := g.Wait(); err != nil || !r.cut.Load() {
		return err
	}
	return ErrStopped
}

// ErrStopped is the end of a run that Config.Stop ended.
var ErrStopped = errors.New("the run was stopped")

// stopping tells, before something is begun, that it is not to be.
func (r *runner) stopping() bool {
	select {
	case <-r.Stop:
		r.cut.Store(true)
		return true
	default:
		return false
	}
}

// unlessStopped is err but for ErrStopped, which is no reason to end what goes on beside
// it.
func unlessStopped(err error) error {
	if errors.Is(err, ErrStopped) {
		return nil
	}
	return err
}

// queued is how many problems with all their tests may wait for the sandbox. When
// there are more, the model waits.
const queued = 32

type runner struct {
	Config
	run      *semaphore.Weighted // one for each matrix that runs
	inFlight *semaphore.Weighted // one for each that runs or waits for it
	numbers  []int               // of the problems; a planner knows them by their places here
	states   []state             // by number
	cut      atomic.Bool         // something was not begun because of Stop

	finishing sync.Mutex // held while a result is put together and handed over
	yield     func(Result) error
}

// state is what is kept of a problem while it is not worked on.
type state struct {
	mu          sync.Mutex
	granted     int    // generations asked for so far
	infra       int    // cells that this run could not get a verdict for
	unfilled    error  // why this run could not draw all that was granted
	unjudged    error  // why this run could not judge the solutions
	ungenerated error  // why the problem's generator gives no input
	uncompared  string // what the problem's checker could not compare
	piloted     bool   // by this run
	last        bool   // nothing more will be granted
	tested      bool
	judged      bool
}

// rounds asks the planner and does what it grants, until it is done. A round
// ends when all its grants have run, and is observed in the problems' order:
// what the planner sees never depends on timing.
func (r *runner) rounds(ctx context.Context) error {
	if p, ok := r.Planner.(budget.Piloted); ok || r.PilotFirst {
		if err := r.pilots(ctx, p); err != nil {
			return err
		}
	}
	for !r.stopping() {
		grants, done := r.Planner.Next()
		if done {
			return nil
		}
		for k := range grants {
			grants[k].Problem = r.numbers[grants[k].Problem]
		}
		if err := r.round(ctx, grants); err != nil || r.cut.Load() {
			return err
		}
		for _, grant := range grants {
			if grant.Last {
				continue
			}
			if err := r.observe(ctx, grant.Problem); err != nil {
				return err
			}
		}
	}
	return nil
}

// observe tells the planner what is known of a problem so far.
func (r *runner) observe(ctx context.Context, number int) error {
	place, _ := slices.BinarySearch(r.numbers, number)
	w, err := loadWork(ctx, r.Journal, number, r.Distinct)
	if err != nil {
		return err
	}
	w.granted = r.states[number].granted // what an earlier run drew beyond that is not yet paid for
	if p, ok := r.Planner.(budget.Prober); ok && (w.hidden != nil || r.states[number].unfilled == nil) {
		if err := p.Probe(place, w.hidden); err != nil {
			return w.named(err)
		}
	}
	r.Planner.Observe(place, w.evidence())
	return nil
}

// pilots finds out of every problem what is known without a test, and tells the
// planner, if there is one that asks.
func (r *runner) pilots(ctx context.Context, p budget.Piloted) error {
	if r.Executor == nil {
		return nil
	}
	g, some := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Running) + 1)
	for _, i := range r.numbers {
		g.Go(func() error {
			if r.stopping() {
				return nil
			}
			w, err := loadWork(some, r.Journal, i, r.Distinct)
			if err != nil {
				return err
			}
			return unlessStopped(r.pilot(some, w))
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if p == nil || r.cut.Load() {
		return nil
	}
	for place, i := range r.numbers {
		w, err := loadWork(ctx, r.Journal, i, r.Distinct)
		if err != nil {
			return err
		}
		w.granted = 0 // what an earlier run drew
		p.Pilot(place, w.evidence())
	}
	return nil
}

// rest ends the problems that the planner left open: it granted them nothing, or
// did not know that it was the last.
func (r *runner) rest(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Running) + 1)
	for _, i := range r.numbers {
		if r.states[i].last {
			continue
		}
		g.Go(func() error {
			if err := ctx.Err(); err != nil || r.stopping() {
				return err
			}
			if r.Executor != nil && !r.states[i].piloted {
				r.Progress.Pairs.Plan(0, true)
				w, err := loadWork(ctx, r.Journal, i, r.Distinct)
				if err == nil {
					err = r.pilot(ctx, w)
				}
				if err != nil {
					return unlessStopped(err)
				}
			}
			return r.settle(ctx, i, nil, func(s *state) { s.tested = true })
		})
	}
	return g.Wait()
}

// settle notes that a part of the work on a problem is done, and hands the result
// over when that was the last one. w is the problem with all that was run, or nil
// to have it read.
func (r *runner) settle(ctx context.Context, number int, w *work, note func(*state)) error {
	s := &r.states[number]
	s.mu.Lock()
	note(s)
	final := s.tested && s.judged
	s.mu.Unlock()
	if !final {
		return nil
	}
	r.finishing.Lock()
	defer r.finishing.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	var err error
	if w == nil {
		w, err = loadWork(ctx, r.Journal, number, r.Distinct)
	} else {
		err = r.knowTruth(ctx, w)
	}
	if err != nil {
		return err
	}
	res := r.result(w)
	if err := r.record(ctx, w, res); err != nil {
		return w.named(err)
	}
	return r.yield(res)
}
