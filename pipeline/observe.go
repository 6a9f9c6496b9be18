package pipeline

import (
	"context"
	"errors"
	"slices"

	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/sandbox"
)

// Observer makes calls with solutions, and runs those that are whole programs;
// *sandbox.Sandbox is one.
type Observer interface {
	Programs
	// Outputs tells what each program printed on each input, [programs][inputs].
	// Outputs are the same where the checker takes them for each other.
	Outputs(ctx context.Context, programs, inputs []string, checker problem.Checker, lim sandbox.Limits) (sandbox.Outputs, error)
	// Observe tells what came of each call with each solution, [solutions][calls].
	Observe(ctx context.Context, solutions, calls []string, lim sandbox.Limits) ([][]problem.Observation, sandbox.ObserveCost, error)
	// CallsOf gives the calls of the entry point that each test makes.
	CallsOf(ctx context.Context, solutions []string, tests []problem.Test, entryPoint string, lim sandbox.Limits) ([][]sandbox.Made, error)
}

// observeCalls makes the calls of tests that have just run with every solution, and the
// first time calls with other arguments. What was observed before is not again.
func (r *runner) observeCalls(ctx context.Context, w *work, tests []journal.Test) error {
	reads := w.problem.ReadsInput()
	if r.Observer == nil || len(w.rows) < 2 || w.problem.EntryPoint == "" && !reads {
		return nil
	}
	tests = slices.DeleteFunc(slices.Clone(tests), func(t journal.Test) bool { return w.watched[ofGeneration(t)] })
	if len(tests) == 0 {
		return nil
	}
	if err := r.run.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.run.Release(1)
	look := r.lookAtCalls
	if reads {
		look = r.lookAtOutputs
	}
	found, rows, err := look(ctx, w, tests)
	if err != nil {
		return err
	}
	found.Tests = tests
	calls := found.Calls
	for row := range rows {
		for c, o := range rows[row] {
			if o.Ending != "" {
				found.Seen = append(found.Seen, journal.Seen{Origin: calls[c].Origin, Solution: w.first[row], Observation: o})
			}
		}
	}
	if err := r.Journal.AddObserved(ctx, w.number, found); err != nil {
		return err
	}
	for _, t := range tests {
		w.watched[ofGeneration(t)] = true
	}
	w.addObserved(found.Calls, found.Seen, found.Made)
	return nil
}

// observing are the limits of observed calls. What takes long among them is solutions
// that never end; how much fuel tests may have is no reason to wait longer for those.
func (r *runner) observing() sandbox.Limits {
	lim := r.Limits
	lim.Fuel = min(lim.Fuel, sandbox.MatrixLimits().Fuel)
	return lim
}

// lookAtCalls makes the calls of tests, and calls with other arguments.
func (r *runner) lookAtCalls(ctx context.Context, w *work, tests []journal.Test) (found journal.Observed, rows [][]problem.Observation, err error) {
	made, recorded, err := r.madeBy(ctx, w, tests)
	if err != nil {
		return found, nil, err
	}
	found.Calls = NewCalls(w.calls, made, r.Mutations, r.Seed, w.problem.ID)
	found.Made = numbered(recorded, slices.Concat(w.calls, found.Calls))
	rows, _, err = r.Observer.Observe(ctx, w.programs(), inputsOf(found.Calls), r.observing())
	return found, rows, err
}

// lookAtOutputs runs programs on the inputs of tests, and on those of the problem's own
// generator.
func (r *runner) lookAtOutputs(ctx context.Context, w *work, tests []journal.Test) (found journal.Observed, rows [][]problem.Observation, err error) {
	if err := w.problem.Checker.Err(); err != nil {
		r.states[w.number].uncompared = "what the solutions print is not compared: " + err.Error()
		return found, nil, nil
	}
	var generated []string
	if !slices.ContainsFunc(w.calls, func(t journal.Test) bool { return t.Generation == problem.Mutated }) {
		var none NoInputs
		generated, err = Generated(ctx, r.Observer, w.problem, r.Mutations, r.Seed)
		if errors.As(err, &none) {
			r.states[w.number].ungenerated = none // the problem goes on without
		} else if err != nil {
			return found, nil, err
		}
	}
	found.Calls = NewInputs(w.calls, inputsOf(tests), generated)
	out, err := r.Observer.Outputs(ctx, w.programs(), inputsOf(found.Calls), w.problem.Checker, r.limits(w, found.Calls))
	if out.Uncompared != "" {
		r.states[w.number].uncompared = out.Uncompared
	}
	return found, out.Rows, err
}

func inputsOf(tests []journal.Test) (out []string) {
	for _, t := range tests {
		if t.Input != "" {
			out = append(out, t.Input)
		}
	}
	return out
}

// ofGeneration is the origin of all tests of a generation.
func ofGeneration(t journal.Test) problem.Origin {
	return problem.Origin{Source: t.Source, Generation: t.Generation}
}

// recorded is a call that a test made while it ran.
type recorded struct {
	test problem.Origin
	sandbox.Made
}

// madeBy lists the calls that tests make: of an assert as it is written, an input alone
// as it is, and of others as they are made while the test runs, and for those who makes which.
func (r *runner) madeBy(ctx context.Context, w *work, tests []journal.Test) (calls []string, by []recorded, err error) {
	var running []problem.Test
	var origins []problem.Origin
	for _, t := range tests {
		switch t.Kind {
		case problem.Assert:
			calls = append(calls, model.Calls(t.Code, w.problem.EntryPoint)...)
		case problem.Call:
			calls = append(calls, t.Input)
		case problem.Unittest:
			running, origins = append(running, t.Test), append(origins, t.Origin)
		}
	}
	if len(running) == 0 {
		return calls, nil, nil
	}
	lists, err := r.Observer.CallsOf(ctx, w.programs(), running, w.problem.EntryPoint, r.observing())
	for k, list := range lists {
		for _, made := range list {
			calls = append(calls, made.Call)
			by = append(by, recorded{origins[k], made})
		}
	}
	return calls, by, err
}

// numbered are the recorded calls that are observed as calls of tests; one that
// happens to be a mutation, too, belongs to nobody.
func numbered(by []recorded, calls []journal.Test) (out []journal.Made) {
	part := map[string]int{}
	for _, c := range calls {
		if c.Generation == problem.OfTests {
			part[c.Input] = c.Part
		}
	}
	for _, r := range by {
		text, _ := normal(r.Call)
		if p, ok := part[text]; ok {
			out = append(out, journal.Made{Origin: r.test, Method: r.Method, Call: p})
		}
	}
	return out
}

// addObserved takes what was observed, by the journal's or just now.
func (w *work) addObserved(calls []journal.Test, seen []journal.Seen, made []journal.Made) {
	w.calls = append(w.calls, calls...)
	slices.SortStableFunc(w.calls, func(a, b journal.Test) int { return problem.CompareOrigins(a.Origin, b.Origin) })
	for _, s := range seen {
		w.seen[cellKey{w.rowOf[s.Solution], s.Origin}] = s.Observation
	}
	for _, m := range made {
		w.made[m.Origin] = append(w.made[m.Origin], m)
	}
}

// observed lists the calls that say something of the solutions, those of tests
// first.
func (w *work) observed() []Observed {
	all := make([]Observed, len(w.calls))
	for c, t := range w.calls {
		all[c] = Observed{t.Origin, t.Input, w.observations(t)}
	}
	return Telling(w.upToGranted(all))
}

// observations is what came of a call, by row.
func (w *work) observations(call journal.Test) []problem.Observation {
	out := make([]problem.Observation, len(w.rows))
	for row := range w.rows {
		out[row] = w.seen[cellKey{row, call.Origin}]
	}
	return out
}

// upToGranted leaves out calls that an earlier run made for tests that are not
// granted yet, as if it had not: a planner has to see what it saw then.
func (w *work) upToGranted(all []Observed) []Observed {
	var now, later []column
	for _, t := range w.public {
		now = append(now, column{test: t})
	}
	for g, s := range w.samples {
		for _, t := range s.Tests {
			if g < w.granted {
				now = append(now, column{test: t})
			} else {
				later = append(later, column{test: t})
			}
		}
	}
	if len(later) == 0 {
		return all
	}
	before, after := w.makes(now, all), w.makes(later, all)
	var out []Observed
	for c, o := range all {
		mutated := o.Generation == problem.Mutated && len(before) == 0 // of calls that were not known
		if before[c] || !after[c] && !mutated {
			out = append(out, o)
		}
	}
	return out
}

// makes is the places of the calls that some columns make.
func (w *work) makes(cols []column, calls []Observed) map[int]bool {
	set := map[int]bool{}
	for _, c := range slices.Concat(w.madeBy(cols, calls)...) {
		set[c] = true
	}
	return set
}

// madeBy gives for each column the calls that it makes, by their place.
func (w *work) madeBy(cols []column, calls []Observed) [][]int {
	tests := make([]problem.Test, len(cols))
	for j, c := range cols {
		tests[j] = c.test.Test
	}
	by := ByText(calls, tests, w.problem.EntryPoint)
	place := map[int]int{}
	for c, o := range calls {
		if o.Generation == problem.OfTests {
			place[o.Part] = c
		}
	}
	for j, col := range cols {
		for _, m := range w.made[col.test.Origin] {
			c, ok := place[m.Call]
			if ok && (col.method == "" || m.Method == "" || m.Method == col.method) && !slices.Contains(by[j], c) {
				by[j] = append(by[j], c)
			}
		}
	}
	return by
}
