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
// solution needs. They decide about verdicts, so they are fixed numbers and do
// not depend on the machine.
func DefaultLimits() Limits {
	return Limits{
		Fuel:   20_000_000_000,
		Memory: 512 << 20,
		Wall:   60 * time.Second,
		Output: 1 << 20,
	}
}

// withDefaults fills zero fields and checks the rest. start is the size of the
// guest's memory before it does anything.
func (l Limits) withDefaults(start int) (Limits, error) {
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
	switch {
	case l.Memory < int64(start) || l.Memory > maxMemory:
		return l, fmt.Errorf("sandbox: a memory limit of %d bytes is not between %d (what Python itself takes) and %d", l.Memory, start, maxMemory)
	case l.Wall < 0:
		return l, fmt.Errorf("sandbox: negative wall time %v", l.Wall)
	case l.Output < 0:
		return l, fmt.Errorf("sandbox: negative output limit %d", l.Output)
	}
	return l, nil
}
