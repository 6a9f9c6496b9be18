package eval

import (
	"context"
	"errors"
	"fmt"

	"coderm/problem"
	"coderm/problem/evalplus"
	"coderm/rerank"
)

// GroundTruth names what decides whether a solution is right.
type GroundTruth string

// The ground truths.
const (
	GroundCheck GroundTruth = "check" // the problem's own hidden test
	GroundBase  GroundTruth = "base"  // EvalPlus: the original benchmark's inputs
	GroundPlus  GroundTruth = "plus"  // EvalPlus: and the added ones
	GroundBest  GroundTruth = ""      // plus where the problem has it, else check
)

// Executor runs programs against a check; the sandbox, seen from here.
type Executor interface {
	// Run gives each program's result on the check, within fuel units of work a
	// program (0: as much as the executor ever gives).
	Run(ctx context.Context, programs []string, check string, fuel uint64) ([]Checked, error)
}

// Checked is a program's result on a check.
type Checked struct {
	Outcome rerank.Outcome // Unrun when the executor itself failed
	Fuel    uint64         // work done
	Detail  string
}

// The fuel of a candidate: a multiple of what the canonical solution takes, as
// EvalPlus does with time, but never less than leastFuel, about a second; and
// unknownFuel where no canonical solution says what the problem takes.
const (
	fuelFactor  = 4
	leastFuel   = 5_000_000_000
	unknownFuel = 20_000_000_000
)

// Unscored is the reason why a problem cannot be scored.
type Unscored struct{ Reason string }

func (u *Unscored) Error() string { return u.Reason }

// Judge runs a problem's checks on the programs and tells which are right: those
// that pass them all. The canonical solution goes first: where it fails itself,
// nothing is scored and the error is an *Unscored.
func Judge(ctx context.Context, ex Executor, p problem.Problem, programs, checks []string) ([]bool, error) {
	if len(checks) == 0 {
		return nil, &Unscored{"the problem has no hidden test"}
	}
	right := make([]bool, len(programs))
	for i := range right {
		right[i] = true
	}
	for _, check := range checks {
		fuel, err := canonicalFuel(ctx, ex, p, check)
		if err != nil {
			return nil, err
		}
		if err := judge(ctx, ex, programs, check, fuel, right); err != nil {
			return nil, fmt.Errorf("%s: %w", p.ID, err)
		}
	}
	return right, nil
}

// canonicalFuel runs the canonical solution, if there is one, and gives the
// candidates' fuel.
func canonicalFuel(ctx context.Context, ex Executor, p problem.Problem, check string) (uint64, error) {
	if p.Canonical == "" {
		return unknownFuel, nil
	}
	ran, err := ex.Run(ctx, []string{p.Canonical}, check, 0)
	if err != nil {
		return 0, fmt.Errorf("%s: canonical solution: %w", p.ID, err)
	}
	if c := ran[0]; c.Outcome != rerank.Pass {
		return 0, &Unscored{fmt.Sprintf("its own canonical solution does not pass: %s", c.Detail)}
	}
	return max(leastFuel, fuelFactor*ran[0].Fuel), nil
}

// judge strikes from right the programs that do not pass the check.
func judge(ctx context.Context, ex Executor, programs []string, check string, fuel uint64, right []bool) error {
	var still []string
	var index []int
	for i, ok := range right {
		if ok {
			still, index = append(still, programs[i]), append(index, i)
		}
	}
	if len(still) == 0 {
		return nil
	}
	ran, err := ex.Run(ctx, still, check, fuel)
	if err != nil {
		return err
	}
	for n, c := range ran {
		if c.Outcome == rerank.Unrun {
			return &Unscored{fmt.Sprintf("the sandbox failed on solution %d: %s", index[n], c.Detail)}
		}
		right[index[n]] = c.Outcome == rerank.Pass
	}
	return nil
}

// CheckOf returns the problem's hidden test of the given kind.
func CheckOf(p problem.Problem, truth GroundTruth) (string, error) {
	if truth == GroundBest {
		truth = GroundCheck
		if evalplus.Has(p) {
			truth = GroundPlus
		}
	}
	switch {
	case truth == GroundCheck && p.Check != "":
		return p.Check, nil
	case truth == GroundCheck:
		return "", &Unscored{"the problem has no hidden test"}
	case !evalplus.Has(p):
		return "", &Unscored{"the problem has no EvalPlus inputs"}
	}
	check, err := evalplus.Check(p, evalplus.Level(truth))
	if err != nil {
		return "", &Unscored{err.Error()}
	}
	return check, nil
}

// LabelAll gives every problem its truth by running it. Problems are matched to
// the given ones by ID; solutions and hidden tests are theirs, solutions in
// sample order. The problems that could not be scored are left out and reported.
func LabelAll(ctx context.Context, ex Executor, matrices []Problem, problems []problem.Problem,
	solutions [][]problem.Solution, checksOf func(k int) ([]string, error), done func()) ([]Problem, []Excluded, error) {
	index := map[string]int{}
	for k, p := range problems {
		index[p.ID] = k
	}
	var scored []Problem
	var excluded []Excluded
	for _, m := range matrices {
		k, ok := index[m.ID]
		if !ok {
			excluded = append(excluded, Excluded{m.ID, "not in the problems file"})
			continue
		}
		programs, err := programsOf(m, solutions[k])
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", m.ID, err)
		}
		var right []bool
		checks, err := checksOf(k)
		if err == nil {
			right, err = Judge(ctx, ex, problems[k], programs, checks)
		}
		var unscored *Unscored
		switch {
		case errors.As(err, &unscored):
			excluded = append(excluded, Excluded{m.ID, unscored.Reason})
		case err != nil:
			return nil, nil, err
		default:
			m.Right = right
			scored = append(scored, m)
		}
		if done != nil {
			done()
		}
	}
	return scored, excluded, nil
}

// programsOf lists the program of every row of a matrix.
func programsOf(m Problem, solutions []problem.Solution) ([]string, error) {
	if len(solutions) != len(m.Samples) {
		return nil, fmt.Errorf("%d solutions given, the matrix has %d samples", len(solutions), len(m.Samples))
	}
	programs := make([]string, m.Matrix.Rows())
	for s, row := range m.Samples {
		if programs[row] == "" {
			programs[row] = solutions[s].Code
		} else if programs[row] != solutions[s].Code {
			return nil, fmt.Errorf("solution %d is not the program of row %d; were the solutions reordered?", s, row)
		}
	}
	return programs, nil
}
