package sandbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"coderm/problem"
	"coderm/problem/literal"
)

// recordedOn is how many solutions a test runs with for the sake of its calls: what
// one of them raises may keep the test from a call.
const recordedOn = 3

// Made is a call that a test makes.
type Made struct {
	Method string // that makes it, as Method.Name has it; "" outside of any
	Call   string // an expression that Observe takes
}

// CallsOf gives the calls of the entry point that each test makes, those of a method
// once in the order they were made: calls[k] of tests[k].
// A test runs with some of the solutions for it, with nothing that it asserts or
// that they raise ending it. A call is left out whose arguments are no plain
// values. Tests of standard input make none.
func (s *Sandbox) CallsOf(ctx context.Context, solutions []string, tests []problem.Test, entryPoint string, lim Limits) (calls [][]Made, err error) {
	if err := lim.Check(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	defer s.ticks.use()()
	lim = lim.withDefaults()
	on, kinds := distinct(solutions).list, distinct(tests)
	found := make([][]Made, len(kinds.list))
	guests, err := s.guests(ctx, on, texts(kinds.list))
	if err != nil {
		return nil, err
	}
	tried := 0
	for u := range on {
		if tried == recordedOn {
			break
		}
		parts := spread(upTo(0, len(found)), s.opt.Workers)
		loaded := make([]bool, len(parts))
		s.each(ctx, parts, func(w *worker, k int, part []int) {
			loaded[k] = w.calls(ctx, &guests, on, u, kinds.list, part, entryPoint, lim, found)
		})
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if slices.Contains(loaded, true) {
			tried++
		}
	}
	calls = make([][]Made, len(tests))
	for u, places := range kinds.places {
		for _, k := range places {
			calls[k] = slices.Clone(found[u])
		}
	}
	return calls, nil
}

// calls adds the calls that some of the tests make with a solution; it reports
// whether that loads.
func (w *worker) calls(ctx context.Context, guests *guests, solutions []string, u int, tests []problem.Test, part []int, entryPoint string, lim Limits, found [][]Made) bool {
	all := rowStates{w: w, ctx: ctx, src: solutions[u], lim: lim}
	for _, k := range part {
		if ctx.Err() != nil {
			return false
		}
		if tests[k].Kind == problem.Stdio {
			continue
		}
		text := fmt.Sprintf("__import__('_recording').calls(%s, %s, globals())", quoted(tests[k].Code), quoted(entryPoint))
		r, err := all.in(guests.of(u, k))
		if err != nil {
			continue
		}
		r.loaded = false // compiling takes the worker's memory
		c := r.w.source(ctx, text, callSource, r.lim)
		var v Verdict
		if fault := r.w.retried(ctx, func() (err error) {
			v, err = r.cell(c)
			return err
		}); fault != nil {
			r.loaded = false
			continue
		}
		if r.failed != nil {
			return false
		}
		for _, line := range v.Calls {
			method, call, _ := strings.Cut(line, "\t")
			if made := (Made{method, call}); !slices.Contains(found[k], made) {
				found[k] = append(found[k], made)
			}
		}
	}
	return true
}

// quoted is a text as a Python literal.
func quoted(text string) string {
	return literal.Value{Kind: literal.Str, Str: strings.ToValidUTF8(text, "?")}.String()
}
