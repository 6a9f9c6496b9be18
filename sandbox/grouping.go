package sandbox

import (
	"context"
	"fmt"
	"sync"

	"coderm/problem"
)

// What is compared by a checker for which equal outputs have no form in common, at most:
// outputs of so many bytes, and of so many kinds on an input. Others are the same where
// they are the same lines.
const (
	maxCompared = 64 << 10
	maxKinds    = 16
)

// grouping gives outputs that a checker takes for each other the same digest.
type grouping struct {
	checker problem.Checker
	program *Program // of a checker that is one
	inputs  []string
	rows    [][]problem.Observation // by program and input; their digests are by lines
	texts   [][][]byte              // what was printed; nil where nothing is to be compared
	lim     Limits

	mu    sync.Mutex
	fault string // the first failure of the checker
}

// newGrouping keeps what programs print, if that is needed.
func newGrouping(checker problem.Checker, inputs []string, programs int, lim Limits) *grouping {
	g := &grouping{checker: checker, inputs: inputs, rows: make([][]problem.Observation, programs), lim: lim}
	if _, ok := checker.Form(nil); !ok {
		g.texts = make([][][]byte, programs)
	}
	return g
}

// keep takes a program's output on an input.
func (g *grouping) keep(program, input int, output []byte) {
	if g.texts == nil || len(output) > maxCompared {
		return
	}
	if g.texts[program] == nil {
		g.texts[program] = make([][]byte, len(g.inputs))
	}
	g.texts[program][input] = append([]byte{}, output...)
}

// group compares the outputs on each input in the programs' order. An output is of the
// first kind whose first output it and the checker are at one about, in both places: a
// tolerance is not transitive, so what is near two of a kind may still be apart.
func (s *Sandbox) group(ctx context.Context, g *grouping) error {
	if g.texts == nil {
		return nil
	}
	parts := make([][]int, len(g.inputs))
	for c := range parts {
		parts[c] = []int{c}
	}
	if g.checker.Kind == problem.CheckPython {
		s.each(ctx, [][]int{{0}}, func(w *worker, _ int, _ []int) { g.program = w.checkerOf(ctx, g.lim) })
	}
	e, err := s.edition(ctx, g.checker.Source)
	if err == nil {
		g.lim = e.limits(g.lim)
		s.each(ctx, parts, func(w *worker, c int, _ []int) {
			if w, err := w.in(e, g.lim); err == nil {
				g.input(ctx, w, c)
			}
		})
	}
	return err
}

// input groups the outputs on one input.
func (g *grouping) input(ctx context.Context, w *worker, c int) {
	var kinds []int // the first program of each
next:
	for u := range g.rows {
		if g.texts[u] == nil || g.texts[u][c] == nil || ctx.Err() != nil {
			continue
		}
		for _, k := range kinds {
			if g.rows[u][c].Digest == g.rows[k][c].Digest || g.same(ctx, w, c, g.texts[u][c], g.texts[k][c]) {
				g.rows[u][c].Digest = g.rows[k][c].Digest
				continue next
			}
		}
		if len(kinds) < maxKinds {
			kinds = append(kinds, u)
		}
	}
}

// same tells whether the checker takes each output for the other.
func (g *grouping) same(ctx context.Context, w *worker, c int, a, b []byte) bool {
	if g.program == nil {
		ok, _ := g.checker.Accepts(a, b)
		back, _ := g.checker.Accepts(b, a)
		return ok && back
	}
	for _, pair := range [][2][]byte{{a, b}, {b, a}} {
		test := &problem.Test{Kind: problem.Stdio, Input: g.inputs[c], Expected: string(pair[1]), Compare: g.checker}
		var ok bool
		var fault *Verdict
		if own := w.retried(ctx, func() (err error) {
			ok, _, fault, err = w.accepts(g.program, test, pair[0], g.lim)
			return err
		}); own != nil {
			fault = own
		}
		if fault != nil && ctx.Err() == nil {
			g.mu.Lock()
			if g.fault == "" {
				g.fault = fmt.Sprintf("outputs count as different on which the checker fails, once at least: %s", fault.Detail)
			}
			g.mu.Unlock()
		}
		if !ok {
			return false
		}
	}
	return true
}
