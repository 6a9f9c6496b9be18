package sandbox

import (
	"fmt"
	"time"

	"coderm/problem"
)

// Kind is the outcome of running one test against one solution.
type Kind uint8

// The verdicts. Only Pass is a 1 in the pass matrix.
const (
	Infra   Kind = iota // our fault: retried, never scored
	Pass                // every test ran to its end and passed, at least one ran
	Fail                // an assertion failed
	Error               // another exception, an import or syntax error
	Timeout             // out of fuel, or past the wall deadline
	Memory              // out of guest memory
	Crash               // a trap or an exit
	Slow                // out of a first, small limit of whoever runs it with more where that matters; the sandbox says Timeout
)

var kindNames = [...]string{"infra", "pass", "fail", "error", "timeout", "memory", "crash", "slow"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// MarshalText writes the verdict's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a verdict's name.
func (k *Kind) UnmarshalText(b []byte) error {
	for i, n := range kindNames {
		if n == string(b) {
			*k = Kind(i)
			return nil
		}
	}
	return fmt.Errorf("unknown verdict %q", b)
}

// What Verdict.Detail says, or begins with, where a verdict alone does not tell it.
const (
	NotRun    = "not run"     // a timeout that is taken for granted (Limits.GiveUp)
	NoTestRan = "no test ran" // an error: the program has no test, or skips them all
)

// Verdict is the outcome with its evidence.
type Verdict struct {
	Kind     Kind   `json:"verdict"`
	TestsRun int    `json:"tests_run"`
	Failures int    `json:"failures"`
	Errors   int    `json:"errors"`
	Fuel     uint64 `json:"fuel"` // wasm fuel used; the same on every machine
	Detail   string `json:"detail,omitempty"`
	// Broken says that the solution itself did not load, so no test ran.
	Broken bool `json:"broken,omitempty"`
	// Methods are the single test methods' outcomes in the order they ran, for
	// scoring below the class; nil where there is only one.
	Methods []Method `json:"methods,omitempty"`

	// Observation is what came of a call, in the place of all that; nil for a test.
	Observation *problem.Observation `json:"-"`
	// Calls are those that a test made of the entry point, where it ran for that:
	// method, tab, call.
	Calls []string `json:"-"`
}

// Method is the outcome of one test method.
type Method struct {
	Name string `json:"name"`
	Kind Kind   `json:"verdict"`
}

// Limits bound one run. The zero value of a field means its default.
type Limits struct {
	Fuel   uint64        // wasm instructions, roughly
	Memory int64         // linear memory, bytes: 128 MiB at the start and what a pair grows by
	Wall   time.Duration // backstop for what fuel does not see
	Output int64         // bytes the program may print
	// Call is the fuel of one call that a test makes of the solution;
	// 0: as much as the pair has left. A check that makes a thousand calls gives
	// each its own, so that one endless loop does not cost the fuel of all.
	Call uint64
	// GiveUp ends a matrix row after so many timeouts one after another: the
	// rest of the row is Timeout without being run. 0: never. A solution that
	// loops for ever would otherwise cost its fuel for each test.
	GiveUp int
}
