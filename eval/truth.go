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

// Check is one hidden test and how patient it is.
type Check struct {
	Test problem.Test
	// Fuel is the least that bounds a candidate; with a canonical solution it is
	// at least four times what that takes. 0: as much as the executor ever gives,
	// for a check that bounds its parts itself.
	Fuel uint64
}

// Executor runs programs against a check; the sandbox, seen from here.
type Executor interface {
	// Run gives each program's result on the check, within fuel units of work a
	// program (0: as much as the executor ever gives).
	Run(ctx context.Context, programs []string, check problem.Test, fuel uint64) ([]Checked, error)
}

// Checked is a program's result on a check.
type Checked struct {
	Outcome rerank.Outcome // Unrun when the executor itself failed
	Fuel    uint64         // work done
	Detail  string
}

// Second is the fuel of what CPython 3.11 does natively in a second on a fast
// machine: 25e9 for loops and arithmetic, 60e9 for what C code does at once.
const Second = 25_000_000_000

// Patience is how long a candidate may take, in seconds of native CPython.
type Patience struct {
	Input float64 // one of EvalPlus's inputs, as its --min-time-limit
	Check float64 // a problem's own check
	Test  float64 // one test of a file of hidden tests
}

// DefaultPatience has human-eval's limit for a check and LiveCodeBench's for a
// test. EvalPlus's second is multiplied by ten: right solutions by plain recursion or
// trial of all divisors take up to 5 on HumanEval+, and a patient EvalPlus passes them.
func DefaultPatience() Patience { return Patience{Input: 10, Check: 3, Test: 6} }

// fuel is what seconds of native CPython come to here.
func fuel(seconds float64) uint64 { return uint64(seconds * Second) }

// factor is how often the canonical solution's time a candidate may take, as in
// EvalPlus.
const factor = 4

// Unscored is the reason why a problem cannot be scored.
type Unscored struct{ Reason string }

func (u *Unscored) Error() string { return u.Reason }

// Judge runs a problem's checks on the programs and tells which are right: those
// that pass them all. The canonical solution goes first: where it fails itself,
// nothing is scored and the error is an *Unscored.
func Judge(ctx context.Context, ex Executor, p problem.Problem, programs []string, checks []Check) ([]bool, error) {
	if len(checks) == 0 {
		return nil, &Unscored{"the problem has no hidden test"}
	}
	right, whole := make([]bool, len(programs)), make([]string, len(programs))
	for i, code := range programs {
		right[i], whole[i] = true, p.Program(code)
	}
	for _, check := range checks {
		fuel, err := candidateFuel(ctx, ex, p, check)
		if err != nil {
			return nil, err
		}
		if err := judge(ctx, ex, whole, check.Test, fuel, right); err != nil {
			return nil, fmt.Errorf("%s: %w", p.ID, err)
		}
	}
	return right, nil
}

// candidateFuel runs the canonical solution, if there is one, and gives the
// candidates' fuel.
func candidateFuel(ctx context.Context, ex Executor, p problem.Problem, check Check) (uint64, error) {
	if p.Canonical == "" {
		return check.Fuel, nil
	}
	ran, err := ex.Run(ctx, []string{p.Program(p.Canonical)}, check.Test, 0)
	if err != nil {
		return 0, fmt.Errorf("%s: canonical solution: %w", p.ID, err)
	}
	if c := ran[0]; c.Outcome != rerank.Pass {
		return 0, &Unscored{fmt.Sprintf("its own canonical solution does not pass: %s", c.Detail)}
	}
	if check.Fuel == 0 {
		return 0, nil
	}
	return max(check.Fuel, factor*ran[0].Fuel), nil
}

// judge strikes from right the programs that do not pass the check.
func judge(ctx context.Context, ex Executor, programs []string, check problem.Test, fuel uint64, right []bool) error {
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

// ChecksOf returns the problem's hidden tests of the given kind.
func ChecksOf(p problem.Problem, truth GroundTruth, patience Patience) ([]Check, error) {
	if truth == GroundBest {
		truth = GroundCheck
		if evalplus.Has(p) {
			truth = GroundPlus
		}
	}
	switch {
	case truth == GroundCheck && p.Check != "":
		return []Check{{problem.PythonTest(p.Check), fuel(patience.Check)}}, nil
	case truth == GroundCheck:
		return nil, &Unscored{"the problem has no hidden test"}
	case !evalplus.Has(p):
		return nil, &Unscored{"the problem has no EvalPlus inputs"}
	}
	codes, err := evalplus.Checks(p, evalplus.Level(truth), evalplus.Limit{Least: fuel(patience.Input), Factor: factor})
	if err != nil {
		return nil, &Unscored{err.Error()}
	}
	var checks []Check
	for _, code := range codes {
		checks = append(checks, Check{Test: problem.PythonTest(code)})
	}
	return checks, nil
}

// HiddenChecks returns the tests of a file of hidden tests, and before them the
// public ones that the problem file lists: a right solution passes them all.
func HiddenChecks(p problem.Problem, hidden []problem.TestLine, patience Patience) ([]Check, error) {
	if len(hidden) == 0 {
		return nil, &Unscored{"the problem has no hidden test"}
	}
	var checks []Check
	for _, t := range p.Public {
		checks = append(checks, Check{t, fuel(patience.Test)})
	}
	for _, t := range hidden {
		checks = append(checks, Check{t.Test, fuel(patience.Test)})
	}
	return checks, nil
}

// LabelAll gives every problem its truth by running it. Problems are matched to
// the given ones by ID; solutions and hidden tests are theirs, solutions in
// sample order. The problems that could not be scored are left out and reported.
func LabelAll(ctx context.Context, ex Executor, matrices []Problem, problems []problem.Problem,
	solutions [][]problem.Solution, checksOf func(k int) ([]Check, error), done func()) ([]Problem, []Excluded, error) {
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
