package measure

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"coderm/eval"
	"coderm/internal/seed"
	"coderm/journal"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
	"coderm/run"
	"coderm/sandbox"
)

const (
	// patience is what a mutant may take at least for a hidden check, in seconds of native
	// CPython, and where the reference takes longer four times that. Nobody waits for a
	// mutant as for a solution: one that is slower is another program.
	patience = 0.1
	// longer is how often the work of the reference's longest test a mutant may take.
	longer = 10
	// giveUp ends the tests of a mutant that is too slow for so many in a row.
	giveUp = 10
)

// version is of all that follows: what is kept is of one.
const version = 1

// measured is what is known of a problem's tests, or is found out now and kept.
func (in *Inputs) measured(ctx context.Context, judge *run.Judge, t task) (sum eval.Tested, known bool, err error) {
	checks, err := in.checks(t)
	if err != nil {
		return sum, false, err
	}
	by := in.digest(judge, t, checks)
	if in.journal != nil {
		if known, err = in.journal.LoadMeasured(ctx, t.number, by, &sum); known || err != nil {
			return sum, known, err
		}
	}
	ran, err := in.run(ctx, judge, t, checks)
	if err != nil {
		return sum, false, err
	}
	sum = ran.Tested()
	if in.journal != nil {
		err = in.journal.AddMeasured(context.WithoutCancel(ctx), t.number, by, sum)
	}
	return sum, false, err
}

// digest names all that decides what is measured.
func (in *Inputs) digest(judge *run.Judge, t task, checks []eval.Check) journal.Checks {
	b, err := json.Marshal(struct {
		Version, Judge int
		Guest          string
		Limits         sandbox.Limits
		Problem        problem.Problem
		Tests          []problem.TestLine
		Checks         []eval.Check
		Mutants        int
		Seed           uint64
	}{version, eval.JudgeVersion, judge.Sandbox.Guest(), judge.Limits, t.problem, t.tests, checks, in.src.Mutants, in.src.Seed})
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return sha256.Sum256(b)
}

// run runs a problem's tests on its reference and the mutants of that. A problem whose
// reference cannot be relied on is an *eval.Unscored.
func (in *Inputs) run(ctx context.Context, judge *run.Judge, t task, checks []eval.Check) (*eval.TestRun, error) {
	p := t.problem
	tests := make([]problem.Test, len(t.tests))
	for k, line := range t.tests {
		tests[k] = p.Judged(line.Test)
		if err := sandbox.CanRun(tests[k]); err != nil {
			return nil, &eval.Unscored{Reason: err.Error()}
		}
	}
	lim := sandbox.MatrixLimits()
	lim.Fuel, lim.GiveUp = run.PairFuel, 0
	for _, test := range tests {
		if fuel := p.Fuel(test); fuel > 0 {
			lim.Fuel = fuel
		}
	}
	verdicts, err := matrix(ctx, judge.Sandbox, []string{p.Program(p.Canonical)}, tests, lim)
	if err != nil {
		return nil, err
	}
	most := uint64(sandbox.FirstFuel) / longer
	for _, v := range verdicts[0] {
		switch {
		case v.Broken:
			return nil, &eval.Unscored{Reason: "its own canonical solution does not load: " + v.Detail}
		case v.Kind == sandbox.Pass:
			most = max(most, v.Fuel)
		}
	}
	mutants, why, err := judge.Sandbox.Mutants(ctx, p.Canonical, in.src.Mutants, seed.Mutants(in.src.Seed, p.ID))
	if err != nil {
		return nil, err
	}
	if why != "" {
		return nil, &eval.Unscored{Reason: "no mutants of its canonical solution: " + why}
	}
	out := &eval.TestRun{ID: p.ID}
	out.Mutants, out.Checked, err = different(ctx, judge, p, mutants, checks)
	if err != nil {
		return nil, err
	}
	out.Equivalent = len(mutants) - len(out.Mutants)
	programs := make([]string, len(out.Mutants))
	for k, m := range out.Mutants {
		programs[k] = p.Program(m.Code)
	}
	lim.Fuel, lim.GiveUp = min(lim.Fuel, longer*most), giveUp
	onMutants, err := matrix(ctx, judge.Sandbox, programs, tests, lim)
	if err != nil {
		return nil, err
	}
	verdicts = append(verdicts, onMutants...)
	out.Groups, out.Outcomes = columns(t.tests, verdicts)
	return out, nil
}

// different leaves out the mutants that pass the problem's hidden checks: they are taken
// for equivalent ones. checked is false where there are no such checks.
func different(ctx context.Context, judge *run.Judge, p problem.Problem, mutants []problem.Mutant, checks []eval.Check) (out []problem.Mutant, checked bool, err error) {
	if checks == nil {
		return mutants, false, nil
	}
	programs := make([]string, len(mutants))
	for k, m := range mutants {
		programs[k] = m.Code
	}
	same := make([]bool, len(mutants))
	err = eval.Judge(ctx, judge, p, programs, checks, func(k int, j eval.Judged) error {
		same[k] = j.Right
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	for k, m := range mutants {
		if !same[k] {
			out = append(out, m)
		}
	}
	return out, true, nil
}

// checks are the problem's hidden checks, nil if it has none.
func (in *Inputs) checks(t task) (checks []eval.Check, err error) {
	if in.src.Hidden != "" {
		checks, err = eval.HiddenChecks(t.problem, t.hidden, eval.DefaultPatience())
	} else {
		checks, err = eval.ChecksOf(t.problem, in.src.Ground, eval.DefaultPatience())
	}
	var none *eval.Unscored
	if errors.As(err, &none) {
		return nil, nil
	}
	for k := range checks {
		least := &checks[k].Least
		least.Fuel, least.Call = min(least.Fuel, patience*eval.Second), min(least.Call, patience*eval.Second)
	}
	return checks, err
}

// matrix are the verdicts of programs on tests.
func matrix(ctx context.Context, box *sandbox.Sandbox, programs []string, tests []problem.Test, lim sandbox.Limits) ([][]sandbox.Verdict, error) {
	rows := make([][]sandbox.Verdict, len(programs))
	for i := range rows {
		rows[i] = make([]sandbox.Verdict, len(tests))
	}
	err := box.Matrix(ctx, programs, tests, lim, func(i, j int, v sandbox.Verdict) error {
		if v.Kind == sandbox.Infra {
			return &eval.Unscored{Reason: fmt.Sprintf("the sandbox failed on test %d: %s", j, v.Detail)}
		}
		rows[i][j] = v
		return nil
	})
	return rows, err
}

// columns are the columns of tests by their generations, and the outcomes of each row
// on them. A program with several methods has one for each that ran on the reference, the
// first row.
func columns(tests []problem.TestLine, rows [][]sandbox.Verdict) (groups [][]int, outcomes [][]rerank.Outcome) {
	outcomes = make([][]rerank.Outcome, len(rows))
	group := map[int]int{} // of a generation
	for j, t := range tests {
		at := len(groups)
		if t.Generation != nil {
			if known, ok := group[*t.Generation]; ok {
				at = known
			}
			group[*t.Generation] = at
		}
		if at == len(groups) {
			groups = append(groups, nil)
		}
		names := []string{""}
		if methods := rows[0][j].Methods; len(methods) >= 2 {
			names = nil
			for _, m := range methods {
				names = append(names, m.Name)
			}
		}
		for _, name := range names {
			groups[at] = append(groups[at], len(outcomes[0]))
			for i := range rows {
				outcomes[i] = append(outcomes[i], pipeline.Outcome(rows[i][j], name))
			}
		}
	}
	return groups, outcomes
}
