package sandbox

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"coderm/problem"
)

// Bounds of what observing costs. They decide about outcomes, so they are numbers
// and depend on no clock.
const (
	// callShare is the part of a pair's fuel that a call may use: of MatrixLimits
	// what native CPython does in some 20 ms.
	callShare = 8
	// A call is dropped that hangs hangsAtLeast solutions and three quarters of
	// those that have run it.
	hangsAtLeast = 4
	// firstWave is how many solutions run before calls are first dropped; as many
	// as have run do so next, lastWave at most.
	firstWave = 4
	lastWave  = 64
)

// callTries are the parts of that fuel with which a solution's calls are run, each as
// far as the one before left open, and after how many timeouts the rest is not. Most
// solutions that hang on a few calls hang on more.
var callTries = []struct {
	part  uint64
	hangs int
}{{8, 8}, {1, 2}}

// ObserveCost is what observing took.
type ObserveCost struct {
	Loads   int    // solutions loaded
	Calls   int    // run, of distinct solutions
	Hung    int    // of those, out of fuel, memory or time
	Dropped int    // calls that hang nearly everything
	Fuel    uint64 // of loads and calls, on both sides
}

// Observe makes every call with every solution, each from the state that loading
// the solution has left, and tells what came of it: rows[i][c] for solutions[i] and
// calls[c]. A call is a Python expression; it is evaluated as a test's text would
// be, apart from the solution, and may use the names that the solution defines.
// Identical solutions are observed once. A call that hangs nearly all solutions is
// dropped: a zero Observation for each. The same arguments give the same
// observations, whatever the number of workers.
func (s *Sandbox) Observe(ctx context.Context, solutions, calls []string, lim Limits) (rows [][]problem.Observation, cost ObserveCost, err error) {
	if err := lim.Check(); err != nil {
		return nil, cost, fmt.Errorf("sandbox: %w", err)
	}
	defer s.ticks.use()()
	o := newObserving(s, solutions, calls, lim.withDefaults())
	if o.guests, err = s.guests(ctx, o.solutions.list, o.calls.list); err != nil {
		return nil, cost, err
	}
	if err := o.work(ctx); err != nil {
		return nil, cost, err
	}
	rows = make([][]problem.Observation, len(solutions))
	for u, places := range o.solutions.places {
		for _, i := range places {
			rows[i] = make([]problem.Observation, len(calls))
			for v, at := range o.calls.places {
				for _, c := range at {
					rows[i][c] = o.seen[u][v].Observation
				}
			}
		}
	}
	return rows, o.cost(), nil
}

// observing is one Observe call at work, on distinct solutions and calls.
type observing struct {
	s         *Sandbox
	lim       Limits
	solutions places[string]
	calls     places[string]
	ready     []compiled
	packaged  []compiled // the same with traces of their own: for the guest with packages, if it is needed
	guests    guests
	seen      [][]sight // [solutions][calls]
	fuel      []uint64  // of each solution
	dropped   []bool
}

// sight is an observation and whether the call was run for it.
type sight struct {
	problem.Observation
	run bool
}

func newObserving(s *Sandbox, solutions, calls []string, lim Limits) *observing {
	o := &observing{s: s, lim: lim, solutions: distinct(solutions), calls: distinct(calls)}
	o.ready = make([]compiled, len(o.calls.list))
	o.dropped = make([]bool, len(o.calls.list))
	o.seen = make([][]sight, len(o.solutions.list))
	o.fuel = make([]uint64, len(o.solutions.list))
	return o
}

// work runs the solutions in waves, whose size nothing but their number decides:
// between two it is looked which calls hang.
func (o *observing) work(ctx context.Context) error {
	o.s.each(ctx, spread(upTo(0, len(o.ready)), o.s.opt.Workers), func(w *worker, _ int, calls []int) {
		for _, v := range calls {
			if ctx.Err() == nil {
				o.ready[v] = w.source(ctx, strings.TrimSpace(o.calls.list[v]), callSource, o.lim)
			}
		}
	})
	if o.guests.packages != nil {
		o.packaged = slices.Clone(o.ready)
	}
	withTraces(o.ready)
	withTraces(o.packaged)
	size := firstWave
	for from := 0; from < len(o.seen); {
		to := min(from+size, len(o.seen))
		var wave [][]int
		for u := from; u < to; u++ {
			wave = append(wave, []int{u})
		}
		o.s.each(ctx, wave, func(w *worker, _ int, u []int) { o.row(ctx, w, u[0]) })
		if err := context.Cause(ctx); err != nil {
			return err
		}
		o.drop(to)
		from, size = to, min(to, lastWave)
	}
	return context.Cause(ctx)
}

func upTo(from, to int) (out []int) {
	for k := from; k < to; k++ {
		out = append(out, k)
	}
	return out
}

// drop finds the calls that have hung nearly all of the first n solutions, or of
// fewer.
func (o *observing) drop(n int) {
	for v := range o.dropped {
		run, hung := 0, 0
		for u := 0; u < n && !o.dropped[v]; u++ {
			if o.seen[u][v].run {
				run++
			}
			if o.seen[u][v].run && o.seen[u][v].Ending == problem.TimedOut {
				hung++
			}
			o.dropped[v] = hung >= hangsAtLeast && 4*hung >= 3*run
		}
		if o.dropped[v] {
			for u := range n {
				o.seen[u][v].Observation = problem.Observation{}
			}
		}
	}
}

// row makes the calls with one solution.
func (o *observing) row(ctx context.Context, w *worker, u int) {
	r := rowStates{w: w, ctx: ctx, src: o.solutions.list[u], lim: o.lim}
	o.seen[u] = make([]sight, len(o.ready))
	var open []int
	for v, dropped := range o.dropped {
		if !dropped {
			open = append(open, v)
		}
	}
	for _, try := range callTries {
		r.share = o.lim.Fuel / callShare / try.part
		var hung []int
		for n, v := range open {
			if len(hung) == try.hangs {
				hung = append(hung, open[n:]...)
				break
			}
			if ctx.Err() != nil {
				return
			}
			if o.call(&r, u, v); o.seen[u][v].Ending == problem.TimedOut {
				hung = append(hung, v)
			}
		}
		open = hung
	}
	for _, v := range open {
		if at := &o.seen[u][v]; !at.run {
			at.Observation = problem.Observation{Ending: problem.TimedOut, Text: "not run: calls before timed out"}
		}
	}
	o.fuel[u] += r.loading()
}

// call makes one call with the row's solution.
func (o *observing) call(all *rowStates, u, v int) {
	var verdict Verdict
	e, ready := o.guests.of(u, v), o.ready
	if e == o.guests.packages {
		ready = o.packaged
	}
	r, err := all.in(e)
	if err != nil {
		return // our fault: not observed
	}
	if fault := r.w.retried(r.ctx, func() (err error) {
		verdict, err = r.cell(ready[v])
		return err
	}); fault != nil {
		r.loaded = false
		return // our fault: not observed
	}
	if r.failed == nil {
		o.fuel[u] += verdict.Fuel - min(r.w.fuel, verdict.Fuel)
	}
	o.seen[u][v] = sight{observed(verdict), r.failed == nil}
}

// observed is what a call's verdict says of it.
func observed(v Verdict) problem.Observation {
	switch {
	case v.Kind == Infra:
		return problem.Observation{} // our fault
	case v.Broken:
		return problem.Observation{Ending: problem.NotLoaded}
	case v.Observation != nil:
		return *v.Observation
	case v.Kind == Timeout || v.Kind == Memory:
		return problem.Observation{Ending: problem.TimedOut, Text: v.Kind.String()}
	}
	if name, _, ok := strings.Cut(v.Detail, ":"); ok && v.Kind == Error && strings.HasSuffix(name, "Error") {
		return raised(name) // the call's text does not compile
	}
	return raised(v.Kind.String())
}

func raised(name string) problem.Observation {
	o := problem.Observation{Ending: problem.Raised, Text: problem.ShortText(name)}
	sum := sha256.Sum256([]byte(name))
	copy(o.Digest[:], sum[:])
	return o
}

func (o *observing) cost() (c ObserveCost) {
	for u, row := range o.seen {
		c.Loads++
		c.Fuel += o.fuel[u]
		for _, s := range row {
			if s.run {
				c.Calls++
				if s.Ending == problem.TimedOut {
					c.Hung++
				}
			}
		}
	}
	for _, d := range o.dropped {
		if d {
			c.Dropped++
		}
	}
	return c
}

// observationVersion begins, after the kind, the record of a call
// (sandbox/guest/observe.c).
const observationVersion = 3

// parseObservation reads the record of a call: u8 kind, u8 version, then V, 16
// bytes of digest and a text, or E and the name of an exception's type, or C and
// calls, a line each.
func parseObservation(b []byte) (Verdict, bool) {
	if len(b) < 3 || Kind(b[0]) != Pass || b[1] != observationVersion {
		return Verdict{}, false
	}
	var o problem.Observation
	switch rest := b[3:]; {
	case b[2] == 'E':
		o = raised(oneLine(rest))
	case b[2] == 'C':
		return Verdict{Kind: Pass, TestsRun: 1, Calls: lines(string(rest))}, true
	case b[2] == 'V' && len(rest) >= len(o.Digest):
		o.Ending = problem.Returned
		copy(o.Digest[:], rest)
		o.Text = problem.ShortText(string(rest[len(o.Digest):]))
	default:
		return Verdict{}, false
	}
	return Verdict{Kind: Pass, TestsRun: 1, Observation: &o}, true
}

// running are the limits of a test, or of a call on the loaded solution.
func (r *rowState) running() Limits {
	lim := r.lim
	if r.share > 0 {
		lim.Fuel = r.w.fuel + r.share
	}
	return lim
}

func lines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
