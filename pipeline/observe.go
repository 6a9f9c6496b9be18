package pipeline

import (
	"context"
	"slices"

	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/sandbox"
)

// Observer makes calls with solutions; *sandbox.Sandbox is one.
type Observer interface {
	// Observe tells what came of each call with each solution, [solutions][calls].
	Observe(ctx context.Context, solutions, calls []string, lim sandbox.Limits) ([][]problem.Observation, sandbox.ObserveCost, error)
	// CallsOf gives the calls of the entry point that each test makes.
	CallsOf(ctx context.Context, solutions []string, tests []problem.Test, entryPoint string, lim sandbox.Limits) ([][]string, error)
}

// observeCalls makes the calls of tests that have just run with every solution, and the
// first time calls with other arguments. What was observed before is not again.
func (r *runner) observeCalls(ctx context.Context, w *work, tests []journal.Test) error {
	if r.Observer == nil || len(w.rows) < 2 || w.problem.EntryPoint == "" {
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
	made, err := r.madeBy(ctx, w, tests)
	if err != nil {
		return err
	}
	calls := NewCalls(w.calls, made, r.Mutations, r.Seed, w.problem.ID)
	texts := make([]string, len(calls))
	for c, t := range calls {
		texts[c] = t.Input
	}
	rows, _, err := r.Observer.Observe(ctx, w.programs(), texts, r.Limits)
	if err != nil {
		return err
	}
	var seen []journal.Seen
	for row := range rows {
		for c, o := range rows[row] {
			if o.Ending != "" {
				seen = append(seen, journal.Seen{Origin: calls[c].Origin, Solution: w.first[row], Observation: o})
			}
		}
	}
	if err := r.Journal.AddObservations(ctx, w.number, tests, calls, seen); err != nil {
		return err
	}
	for _, t := range tests {
		w.watched[ofGeneration(t)] = true
	}
	w.addObserved(calls, seen)
	return nil
}

// ofGeneration is the origin of all tests of a generation.
func ofGeneration(t journal.Test) problem.Origin {
	return problem.Origin{Source: t.Source, Generation: t.Generation}
}

// madeBy lists the calls that tests make: of an assert as it is written, of others
// as they are made while the test runs.
func (r *runner) madeBy(ctx context.Context, w *work, tests []journal.Test) (calls []string, err error) {
	var running []problem.Test
	for _, t := range tests {
		switch t.Kind {
		case problem.Assert:
			calls = append(calls, model.Calls(t.Code, w.problem.EntryPoint)...)
		case problem.Unittest:
			running = append(running, t.Test)
		}
	}
	if len(running) == 0 {
		return calls, nil
	}
	lists, err := r.Observer.CallsOf(ctx, w.programs(), running, w.problem.EntryPoint, r.Limits)
	return append(calls, slices.Concat(lists...)...), err
}

// addObserved takes what was observed, by the journal's or just now.
func (w *work) addObserved(calls []journal.Test, seen []journal.Seen) {
	w.calls = append(w.calls, calls...)
	slices.SortStableFunc(w.calls, func(a, b journal.Test) int { return problem.CompareOrigins(a.Origin, b.Origin) })
	for _, s := range seen {
		w.seen[cellKey{w.rowOf[s.Solution], s.Origin}] = s.Observation
	}
}

// observed lists the calls that say something of the solutions, those of tests
// first.
func (w *work) observed() []Observed {
	all := make([]Observed, len(w.calls))
	for c, t := range w.calls {
		all[c] = Observed{t.Origin, t.Input, make([]problem.Observation, len(w.rows))}
		for row := range w.rows {
			all[c].Rows[row] = w.seen[cellKey{row, t.Origin}]
		}
	}
	return Telling(all)
}
