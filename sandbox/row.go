package sandbox

import (
	"context"
	"errors"
	"fmt"

	"coderm/problem"
)

// compiled is a text made ready once: a code object, or the verdict that it
// does not compile. A test of standard input and output needs no compiling.
type compiled struct {
	blob    []byte
	fail    *Verdict
	stdio   *problem.Test
	checker *Program // of a test of standard input: what judges the output; nil: a rule
	trace   *trace   // what it has asked, and what it does after which answers; nil: not kept
}

// prepare compiles a test.
func (w *worker) prepare(ctx context.Context, test problem.Test, lim Limits) compiled {
	if test.Kind == problem.Stdio {
		return w.withChecker(ctx, &test, lim)
	}
	return w.source(ctx, test.Code, testSource, lim)
}

// source compiles a text; our own failures end as an Infra verdict.
func (w *worker) source(ctx context.Context, text string, kind sourceKind, lim Limits) (c compiled) {
	fault := w.retried(ctx, func() (err error) {
		c.blob, c.fail, err = w.compile(text, kind, lim)
		return err
	})
	if fault != nil {
		c.fail = fault
	}
	return c
}

// row runs one solution against tests and hands over one verdict for each, in
// order. It stops early when ctx ends or yield reports false.
func (w *worker) row(ctx context.Context, solution string, tests []compiled, lim Limits, yield func(k int, v Verdict) bool) {
	r := rowState{w: w, ctx: ctx, src: solution, lim: lim, alone: len(tests) == 1}
	timeouts := 0 // one after another, up to here
	for k, t := range tests {
		var v Verdict
		if lim.GiveUp > 0 && timeouts >= lim.GiveUp {
			v = Verdict{Kind: Timeout, Detail: fmt.Sprintf("%s: the %d tests before timed out", NotRun, timeouts)}
		} else if fault := w.retried(ctx, func() (err error) {
			v, err = r.cell(t)
			return err
		}); fault != nil {
			v = *fault
			r.loaded = false
		}
		if v.Kind != Timeout {
			timeouts = 0
		} else if r.failed == nil {
			timeouts = min(timeouts+1, max(lim.GiveUp, 1))
		}
		if ctx.Err() != nil || !yield(k, v) {
			return
		}
	}
}

// rowState is what is known about a row's solution.
type rowState struct {
	w   *worker
	ctx context.Context
	src string
	lim Limits

	module  *compiled // compiled for import, nil: not yet
	program *compiled // compiled to run as __main__, nil: not yet
	failed  *Verdict  // the solution's top level failed: the whole row's verdict
	loaded  bool      // the worker has this solution ready for a test
	alone   bool      // load it for each test: no room for a checkpoint, or no use
	share   uint64    // fuel of a call, beside that of loading; 0: a test, within lim
}

// rowStates are those of a solution that runs in both editions of the guest.
type rowStates struct {
	w     *worker
	ctx   context.Context
	src   string
	lim   Limits
	share uint64
	of    map[*edition]*rowState
	last  *rowState
}

// in gives the row's state in an edition.
func (s *rowStates) in(e *edition) (*rowState, error) {
	lim := e.limits(s.lim)
	w, err := s.w.in(e, lim)
	if err != nil {
		return nil, err
	}
	r := s.of[e]
	if r == nil {
		if s.of == nil {
			s.of = map[*edition]*rowState{}
		}
		r = &rowState{w: w, ctx: s.ctx, src: s.src, lim: lim}
		s.of[e] = r
	}
	if s.last != nil && s.last != r {
		s.last.loaded = false // w.in has put it back
	}
	s.last, r.share = r, s.share
	return r, nil
}

// loading is the fuel that loading has taken where the row ran last.
func (s *rowStates) loading() uint64 {
	switch r := s.last; {
	case r == nil:
		return 0
	case r.failed != nil:
		return r.failed.Fuel
	default:
		return r.w.fuel
	}
}

// cell gives the verdict on one test.
func (r *rowState) cell(t compiled) (Verdict, error) {
	if t.stdio != nil {
		r.loaded = false
		if r.program == nil {
			c := r.w.source(r.ctx, r.src, programSource, r.lim)
			r.program = &c
		}
		if r.program.fail != nil {
			return broken(*r.program.fail), nil
		}
		return r.w.stdio(r.src, r.program.blob, t, r.lim)
	}
	if err := r.load(); err != nil {
		return Verdict{}, err
	}
	switch {
	case r.failed != nil:
		return broken(*r.failed), nil
	case t.fail != nil:
		return *t.fail, nil
	}
	v, err := r.w.run(t, r.running())
	r.loaded = err == nil && r.w.kept
	if errors.Is(err, errCrowded) {
		r.alone = true
		return r.cell(t)
	}
	if errors.Is(err, errUsed) {
		t.trace = nil
		return r.cell(t)
	}
	return v, err
}

// broken marks the verdict of a row whose solution did not load.
func broken(v Verdict) Verdict {
	v.Broken = v.Kind != Infra
	return v
}

// load makes the worker ready for a test, unless it is or the solution failed.
func (r *rowState) load() (err error) {
	if r.loaded || r.failed != nil {
		return nil
	}
	if r.module == nil {
		c := r.w.source(r.ctx, r.src, solutionSource, r.lim)
		r.module = &c
		r.failed = c.fail
	}
	if r.failed == nil {
		r.failed, err = r.w.load(r.src, r.module.blob, r.lim, !r.alone)
		r.loaded = err == nil && r.failed == nil
	}
	return err
}

// infraTries is how often a run is tried before it counts as infra.
const infraTries = 3

// retried runs f again when the failure was ours, and makes an Infra verdict of
// one that stays.
func (w *worker) retried(ctx context.Context, f func() error) *Verdict {
	var err error
	for range infraTries {
		if err = f(); err == nil || ctx.Err() != nil {
			return nil
		}
		w.discard()
		w.sb.opt.Log.Warn("running again after an internal failure", "reason", err)
	}
	v := ownFault(err)
	return &v
}

// ownFault is the verdict where nothing but us is to blame.
func ownFault(err error) Verdict {
	return Verdict{Kind: Infra, Detail: fmt.Sprintf("internal failure: %v", err)}
}
