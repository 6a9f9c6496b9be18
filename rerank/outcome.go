package rerank

import "fmt"

// Outcome is what one test did with one solution. Only Pass speaks for the
// solution; an Unrun cell speaks neither for nor against it.
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
)

var outcomeNames = [...]string{"unrun", "pass", "fail", "error", "timeout", "broken"}

func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}
