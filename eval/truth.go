package eval

import (
	"slices"

	"coderm/problem"
	"coderm/problem/evalplus"
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
	// Least bounds a candidate at the least: where the canonical solution takes more
	// than a quarter of it, four times what that takes does.
	Least Bound
	// Probes are parts of the test that may say soon what it would take long to.
	Probes []Probe
	// Hardest is the probe that may take longest, if there is one: a program that is too
	// slow for the test may be so for this alone.
	Hardest *Probe `json:"-"`
	// Reference, if there is one, spares the check from running the canonical solution
	// beside each candidate. It decides nothing.
	Reference *Reference `json:"-"`
}

// Reference is a program that runs the canonical solution alone. Of what it printed
// Known makes the same check, and how long the longest call took, in seconds of native
// CPython.
type Reference struct {
	Program string
	Known   func(printed []byte) (c Check, longest float64, err error)
}

// Probe is a check on one input, and that input for people; or on several, and none.
type Probe struct {
	Test  problem.Test
	Input string
}

// Unscored is the reason why a problem cannot be scored.
type Unscored struct{ Reason string }

func (u *Unscored) Error() string { return u.Reason }

// Second is the fuel of what CPython does natively in a second on a fast
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
		return []Check{{Test: problem.PythonTest(p.Check), Least: Bound{Fuel: fuel(patience.Check)}}}, nil
	case truth == GroundCheck:
		return nil, &Unscored{"the problem has no hidden test"}
	case !evalplus.Has(p):
		return nil, &Unscored{"the problem has no EvalPlus inputs"}
	}
	programs, err := evalplus.Checks(p, evalplus.Level(truth))
	if err != nil {
		return nil, &Unscored{err.Error()}
	}
	var checks []Check
	for _, c := range programs {
		check := parts(c, patience)
		check.Reference = &Reference{c.Outputs, func(printed []byte) (Check, float64, error) {
			known, longest, err := c.Known(printed)
			return parts(known, patience), longest, err
		}}
		checks = append(checks, check)
	}
	return checks, nil
}

// parts are EvalPlus's programs as tests.
func parts(c evalplus.Check, patience Patience) Check {
	probe := func(p evalplus.Probe) Probe { return Probe{problem.PythonTest(p.Program), p.Call} }
	out := Check{Test: problem.PythonTest(c.Program), Least: Bound{Call: fuel(patience.Input)}}
	for _, p := range c.Probes {
		out.Probes = append(out.Probes, probe(p))
	}
	if c.Hardest != (evalplus.Probe{}) {
		hardest := probe(c.Hardest)
		out.Hardest = &hardest
	}
	return out
}

// HiddenChecks returns the tests of a file of hidden tests, and before them the
// public ones that the problem file lists: a right solution passes them all. A problem
// whose checker cannot run here is an *Unscored: nothing else is compared in its place.
func HiddenChecks(p problem.Problem, hidden []problem.TestLine, patience Patience) ([]Check, error) {
	if len(hidden) == 0 {
		return nil, &Unscored{"the problem has no hidden test"}
	}
	tests := slices.Clone(p.Public)
	for _, t := range hidden {
		tests = append(tests, t.Test)
	}
	var checks []Check
	for _, t := range tests {
		t = p.Judged(t)
		if err := t.Compare.Err(); err != nil {
			return nil, &Unscored{err.Error()}
		}
		least := fuel(patience.Test)
		if limit := p.Fuel(t); limit > 0 {
			least = limit
		}
		checks = append(checks, Check{Test: t, Least: Bound{Fuel: least}})
	}
	return checks, nil
}
