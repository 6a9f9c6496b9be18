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
// EvalPlus does with time, but never less than leastFuel, about a second.
const (
	fuelFactor = 4
	leastFuel  = 2_000_000_000
)

// Unscored is the reason why a problem cannot be scored.
type Unscored struct{ Reason string }

func (u *Unscored) Error() string { return u.Reason }

// Judge runs the ground truth on the programs and tells which are right. The
// canonical solution goes first: where it fails itself, nothing is scored and
// the error is an *Unscored.
func Judge(ctx context.Context, ex Executor, p problem.Problem, programs []string, truth GroundTruth) ([]bool, error) {
	check, err := checkOf(p, truth)
	if err != nil {
		return nil, &Unscored{err.Error()}
	}
	fuel := uint64(0)
	if p.Canonical != "" {
		ran, err := ex.Run(ctx, []string{p.Canonical}, check, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: canonical solution: %w", p.ID, err)
		}
		if c := ran[0]; c.Outcome != rerank.Pass {
			return nil, &Unscored{fmt.Sprintf("its own canonical solution does not pass: %s", c.Detail)}
		}
		fuel = max(leastFuel, fuelFactor*ran[0].Fuel)
	}
	ran, err := ex.Run(ctx, programs, check, fuel)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.ID, err)
	}
	right := make([]bool, len(programs))
	for i, c := range ran {
		if c.Outcome == rerank.Unrun {
			return nil, &Unscored{fmt.Sprintf("the sandbox failed on solution %d: %s", i, c.Detail)}
		}
		right[i] = c.Outcome == rerank.Pass
	}
	return right, nil
}

func checkOf(p problem.Problem, truth GroundTruth) (string, error) {
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
		return "", errors.New("the problem has no hidden test")
	case !evalplus.Has(p):
		return "", errors.New("the problem has no EvalPlus inputs")
	}
	return evalplus.Check(p, evalplus.Level(truth))
}

// LabelAll gives every problem its truth by running it. Problems are matched to
// the given ones by ID; solutions are theirs in sample order. The problems that
// could not be scored are left out and reported.
func LabelAll(ctx context.Context, ex Executor, matrices []Problem, problems []problem.Problem,
	solutions [][]problem.Solution, truth GroundTruth, done func()) ([]Problem, []Excluded, error) {
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
		right, err := Judge(ctx, ex, problems[k], programs, truth)
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
