package pipeline

import (
	"context"
	"slices"

	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/problem/literal"
	"coderm/problem/mutate"
	"coderm/rerank"
	"coderm/sandbox"
)

// Observer makes calls with solutions; *sandbox.Sandbox is one.
type Observer interface {
	// Observe tells what came of each call with each solution, [solutions][calls].
	Observe(ctx context.Context, solutions, calls []string, lim sandbox.Limits) ([][]problem.Observation, sandbox.ObserveCost, error)
	// CallsOf gives the calls of the entry point that each test makes.
	CallsOf(ctx context.Context, solutions []string, tests []problem.Test, entryPoint string, lim sandbox.Limits) ([][]string, error)
}

const (
	// maxCalls is how many calls of generated tests are observed for a problem.
	maxCalls = 60
	// mostlyFail: a call says nothing on which this part of the solutions, or more,
	// return nothing. It is outside of what they accept.
	mostlyFail = 0.9
)

// observeCalls makes the calls of tests that have just run with every solution, and the
// first time calls with other arguments. What was observed before is not again.
func (r *runner) observeCalls(ctx context.Context, w *work, tests []journal.Test) error {
	if r.Observer == nil || len(w.rows) < 2 || w.problem.EntryPoint == "" {
		return nil
	}
	if err := r.run.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.run.Release(1)
	calls, err := r.newCalls(ctx, w, tests)
	if err != nil || len(calls) == 0 {
		return err
	}
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
	if err := r.Journal.AddObservations(ctx, w.number, calls, seen); err != nil {
		return err
	}
	w.addObserved(calls, seen)
	return nil
}

// newCalls lists the calls of tests that are not observed yet, and mutations of all
// if there are none yet.
func (r *runner) newCalls(ctx context.Context, w *work, tests []journal.Test) (calls []journal.Test, err error) {
	known := map[string]bool{}
	var parts [2]int // by generation
	var seeds []literal.Call
	add := func(generation int, text string) {
		c, err := literal.ParseCall(text)
		if err == nil {
			text = c.String()
		}
		if known[text] || generation == journal.OfTests && parts[generation] == maxCalls {
			return
		}
		known[text] = true
		if err == nil && generation == journal.OfTests {
			seeds = append(seeds, c)
		}
		at := problem.Origin{Source: problem.Observed, Generation: generation, Part: parts[generation]}
		calls = append(calls, journal.Test{Origin: at, Test: problem.Test{Kind: problem.Call, Input: text}})
		parts[generation]++
	}
	for _, t := range w.calls {
		add(t.Generation, t.Input)
	}
	before := len(calls)
	made, err := r.madeBy(ctx, w, tests)
	if err != nil {
		return nil, err
	}
	for _, text := range made {
		add(journal.OfTests, text)
	}
	if parts[journal.Mutated] == 0 {
		for _, c := range mutate.Calls(seeds, r.Mutations, r.Seed, w.problem.ID) {
			add(journal.Mutated, c.String())
		}
	}
	return calls[before:], nil
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

// Observed is a call and what each row made of it.
type Observed struct {
	problem.Origin
	Call string
	Rows []problem.Observation
}

// observed lists the calls that say something of the solutions, those of tests
// first.
func (w *work) observed() (out []Observed) {
	for _, t := range w.calls {
		o := Observed{t.Origin, t.Input, make([]problem.Observation, len(w.rows))}
		run, returned := 0, 0
		for row := range o.Rows {
			o.Rows[row] = w.seen[cellKey{row, t.Origin}]
			switch o.Rows[row].Ending {
			case problem.Returned:
				run++
				returned++
			case problem.Raised, problem.TimedOut:
				run++
			}
		}
		if float64(run-returned) < mostlyFail*float64(run) {
			out = append(out, o)
		}
	}
	return out
}

// outputs are observed calls as selectors see them; nil when there are none. by
// tells which call each column makes.
func outputs(calls []Observed, rows int, by []int) *rerank.Outputs {
	if len(calls) == 0 {
		return nil
	}
	class, kind := make([][]int, rows), make([][]rerank.Kind, len(calls))
	for i := range class {
		class[i] = make([]int, len(calls))
	}
	for c, o := range calls {
		of, endings := problem.Classes(o.Rows)
		for i, k := range of {
			class[i][c] = k
		}
		for _, e := range endings {
			kind[c] = append(kind[c], kinds[e])
		}
	}
	out, err := rerank.NewOutputs(class, kind)
	if err == nil {
		err = out.MadeBy(by)
	}
	if err != nil {
		panic("pipeline: " + err.Error()) // they are made of each other just above
	}
	return out
}

var kinds = map[problem.Ending]rerank.Kind{
	problem.Returned: rerank.Returned, problem.Raised: rerank.Raised, problem.TimedOut: rerank.TimedOut, problem.NotLoaded: rerank.NotLoaded,
}

// claims tells which of the observed calls each column makes: the first of an
// assert's, as it is written. Of a unittest, which makes many, it is not known.
func claims(calls []Observed, cols []column, entryPoint string) []int {
	at := map[string]int{}
	for c, o := range calls {
		if o.Generation == journal.OfTests {
			at[o.Call] = c
		}
	}
	by := make([]int, len(cols))
	for j, col := range cols {
		by[j] = rerank.NoCall
		if col.test.Kind != problem.Assert {
			continue
		}
		for _, text := range model.Calls(col.test.Code, entryPoint) {
			if c, err := literal.ParseCall(text); err == nil {
				text = c.String()
			}
			if c, ok := at[text]; ok {
				by[j] = c
				break
			}
		}
	}
	return by
}
