package rerank

import "fmt"

// Kind is how a solution's call ended.
type Kind uint8

// The kinds. Two solutions that raise, time out or do not load may share a class
// like two that return the same value; whether that is agreement is for a
// selector to say.
const (
	Unobserved Kind = iota // not run, or lost to a fault of ours
	Returned               // a value
	Raised                 // an exception
	TimedOut               // out of fuel or time
	NotLoaded              // the solution itself does not load
)

var kindNames = [...]string{"unobserved", "returned", "raised", "timed out", "not loaded"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// NoClass is the class of a call that was not observed.
const NoClass = -1

// Outputs tell which solutions (rows) did the same on the same call (columns):
// the classes of equal results. They need no expected value, so a call may be one
// that no test makes.
type Outputs struct {
	class [][]int32 // rows × calls
	kind  [][]Kind  // calls × classes
}

// NewOutputs takes the class of every result, rows × calls, numbered from 0 within
// each call, or NoClass, and what kind of result each class is, calls × classes.
// It is an error when the two do not fit together.
func NewOutputs(class [][]int, kind [][]Kind) (*Outputs, error) {
	out := &Outputs{class: make([][]int32, len(class)), kind: kind}
	for i, row := range class {
		if len(row) != len(kind) {
			return nil, fmt.Errorf("row %d has %d outputs for %d calls", i, len(row), len(kind))
		}
		out.class[i] = make([]int32, len(row))
		for c, k := range row {
			if k < NoClass || k >= len(kind[c]) {
				return nil, fmt.Errorf("row %d, call %d: class %d of %d", i, c, k, len(kind[c]))
			}
			out.class[i][c] = int32(k)
		}
	}
	return out, nil
}

// Calls is the number of calls observed.
func (o *Outputs) Calls() int { return len(o.kind) }

// Class is the class of what solution i did on call c, or NoClass.
func (o *Outputs) Class(i, c int) int { return int(o.class[i][c]) }

// Classes is how many different results call c had.
func (o *Outputs) Classes(c int) int { return len(o.kind[c]) }

// Kind is how solution i ended call c.
func (o *Outputs) Kind(i, c int) Kind {
	k := o.class[i][c]
	if k < 0 {
		return Unobserved
	}
	return o.kind[c][k]
}
