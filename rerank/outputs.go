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
	calls []int     // the calls in view, as they are numbered in class and kind
	by    [][]int   // by column of the matrix: the calls it makes; nil: not known
	free  []bool    // by call: in view whatever tests there are
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
	for c := range kind {
		out.calls = append(out.calls, c)
	}
	return out, nil
}

// MadeBy says which calls each column of the matrix makes. Such a call goes when
// none of its columns is left; one that no column makes, a mutation or one out of
// the problem's text, stays. It is an error when there is no such call.
func (o *Outputs) MadeBy(columns [][]int) error {
	free := make([]bool, len(o.kind))
	for c := range free {
		free[c] = true
	}
	for j, calls := range columns {
		for _, c := range calls {
			if c < 0 || c >= len(o.kind) {
				return fmt.Errorf("column %d makes call %d of %d", j, c, len(o.kind))
			}
			free[c] = false
		}
	}
	o.by, o.free = columns, free
	return nil
}

// Calls is the number of calls observed.
func (o *Outputs) Calls() int {
	if o == nil {
		return 0
	}
	return len(o.calls)
}

// Class is the class of what solution i did on call c, or NoClass.
func (o *Outputs) Class(i, c int) int { return int(o.class[i][o.calls[c]]) }

// Classes is how many different results call c had.
func (o *Outputs) Classes(c int) int { return len(o.kind[o.calls[c]]) }

// Kind is how solution i ended call c.
func (o *Outputs) Kind(i, c int) Kind {
	k := o.class[i][o.calls[c]]
	if k < 0 {
		return Unobserved
	}
	return o.kind[o.calls[c]][k]
}

// Number is the number that call c had when the outputs were made.
func (o *Outputs) Number(c int) int { return o.calls[c] }

// By are the calls that each column of the matrix makes, by Number; nil where it is
// not known.
func (o *Outputs) By() [][]int { return o.by }

// Only are the outputs on the calls that keep accepts, by Number.
func (o *Outputs) Only(keep func(number int) bool) *Outputs {
	if o == nil {
		return nil
	}
	out := *o
	out.calls = nil
	for _, c := range o.calls {
		if keep(c) {
			out.calls = append(out.calls, c)
		}
	}
	return &out
}

// ofColumns are the outputs where only some columns are left, in that order.
func (o *Outputs) ofColumns(columns []int) *Outputs {
	if o == nil || o.by == nil {
		return o
	}
	by, made := make([][]int, len(columns)), make([]bool, len(o.kind))
	for n, j := range columns {
		by[n] = o.by[j]
		for _, c := range by[n] {
			made[c] = true
		}
	}
	out := o.Only(func(c int) bool { return o.free[c] || made[c] })
	out.by = by
	return out
}
