package sandbox

import (
	"fmt"
	"time"
)

// The bounds of what a caller may ask for.
const (
	maxSource = 8 << 20 // bytes of one source text
	maxMemory = 2 << 30
)

// DefaultLimits are generous: 20 times what the slowest canonical HumanEval
// solution needs for its own test (HumanEval/75, 4.24e9). They decide about
// verdicts, so they are fixed numbers and do not depend on the machine; the
// wall time is far beyond what the fuel takes on a slow one.
func DefaultLimits() Limits {
	return Limits{
		Fuel:   85e9, // about 16 s
		Memory: 512 << 20,
		Wall:   10 * time.Minute,
		Output: 1 << 20,
	}
}

// MatrixLimits are for a matrix of generated tests, which ask for far less than
// a benchmark's own test, and where programs that never end are common: 10
// times what native CPython does in 0.1 s. Cells that time out and matter can
// be run again under DefaultLimits by Cells.
func MatrixLimits() Limits {
	l := DefaultLimits()
	l.Fuel = 4e9 // about 0.8 s
	l.GiveUp = 10
	return l
}

// FirstFuel is what pairs of a matrix get at first, where it is known which of those
// that run out of it matter: some 20 times what one takes with an import or two.
const FirstFuel = 100_000_000

// minMemory is the guest's memory before it does anything: 128 MiB, most of it
// free.
const minMemory = 128 << 20

// maxStart bounds that memory of the packages guest.
const maxStart = 512 << 20

// Check tells whether the limits make sense.
func (l Limits) Check() error {
	l = l.withDefaults()
	switch {
	case l.Memory < minMemory || l.Memory > maxMemory:
		return fmt.Errorf("a memory limit of %d bytes is not between %d (what the interpreter starts with) and %d", l.Memory, minMemory, maxMemory)
	case l.Wall < 0:
		return fmt.Errorf("the wall time %v is negative", l.Wall)
	case l.Output < 0:
		return fmt.Errorf("the output limit %d is negative", l.Output)
	case l.GiveUp < 0:
		return fmt.Errorf("the number of timeouts %d is negative", l.GiveUp)
	}
	return nil
}

// withDefaults fills zero fields.
func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	if l.Fuel == 0 {
		l.Fuel = d.Fuel
	}
	if l.Memory == 0 {
		l.Memory = d.Memory
	}
	if l.Wall == 0 {
		l.Wall = d.Wall
	}
	if l.Output == 0 {
		l.Output = d.Output
	}
	return l
}
