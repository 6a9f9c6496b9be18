package rerank

import "fmt"

// Outcome is what one test did with one solution. Only Pass speaks for the
// solution; an Unrun cell speaks neither for nor against it. Selectors take a Slow
// cell for a Timeout: it is left in evidence where it cannot change the choice
// (Selector.InPlay).
type Outcome uint8

// The outcomes. The failures are ordered by how much they say about the
// solution rather than the test.
const (
	Unrun   Outcome = iota // not run, or lost to a fault of ours
	Pass                   // ran to its end and passed
	Fail                   // an assertion did not hold
	Error                  // another exception
	Timeout                // out of fuel or time
	Broken                 // the solution itself does not load
	Slow                   // out of a first, small limit: more fuel could end it otherwise
)

var outcomeNames = [...]string{"unrun", "pass", "fail", "error", "timeout", "broken", "slow"}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}
