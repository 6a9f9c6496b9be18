package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"math"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// maxStack is the native stack that guest code may use, and threadStack the
// whole stack of a worker's thread. Python's own recursion limit must come
// first, also where it recurses through C: the guest's shadow stack in linear
// memory is 8 MiB, and native frames are about as large.
const (
	maxStack    = 32 << 20
	threadStack = 2*maxStack + 8<<20 // of two instances that call each other
)

// role is what an instance of the guest is. It has its role from the start, so that
// taking it on costs no run anything.
type role int

const (
	alone      role = iota // a program, or a text that is compiled
	contestant             // a solution of a pair
	judge                  // its test

	roles = iota
)

// snapshot is the guest right after boot: what every run starts from.
type snapshot struct {
	// What the linear memory contains beside zeros, for one alone; for the other roles
	// the pages that differ from that.
	parts [roles][]cow.Part
	size  int    // of the memory, in bytes
	stack uint32 // the stack pointer
}

// bootGuest runs the guest's start code once. It must run on a worker's thread.
func bootGuest(m *wasmtime.Module, g *guestModule, from source) (*snapshot, error) {
	mem, err := wasmtime.NewMemory(g.size)
	if err != nil {
		return nil, err
	}
	defer mem.Close()
	for _, s := range g.data {
		copy(mem.Bytes()[s.at:], s.bytes)
	}
	limit := wasmtime.NewDeadline()
	defer limit.Close()
	inst, err := newGuest(m, mem, nil, limit)
	if err != nil {
		return nil, err
	}
	defer inst.Close()
	if err := inst.start(from.preload); err != nil {
		return nil, err
	}
	stack, err := inst.Global(stackPointer)
	if err != nil {
		return nil, err
	}
	all := mem.Bytes()
	if len(all) > from.largest {
		return nil, fmt.Errorf("guest: starts with %d bytes of memory, more than %d", len(all), from.largest)
	}
	s := &snapshot{size: len(all), stack: stack}
	s.parts[alone] = differing(all, make([]byte, len(all)))
	booted := bytes.Clone(all)
	for r := contestant; r < roles; r++ {
		b := unlimited
		if err := inst.step(inst.enter, &b, uint64(r-contestant)); err != nil {
			return nil, fmt.Errorf("guest: enter: %w", err)
		}
		if len(mem.Bytes()) != len(all) {
			return nil, errors.New("guest: its memory grows before it is used")
		}
		s.parts[r] = differing(all, booted)
		copy(all, booted)
	}
	return s, nil
}

// unlimited is for code of ours.
var unlimited = wasmtime.Budget{Fuel: math.MaxInt64, Ticks: math.MaxInt64}

// differing copies the pages of mem that are not as they were, joining neighbours.
func differing(mem, was []byte) []cow.Part {
	var parts []cow.Part
	for at := 0; at < len(mem); at += cow.PageSize {
		page := mem[at : at+cow.PageSize]
		if bytes.Equal(page, was[at:at+cow.PageSize]) {
			continue
		}
		if n := len(parts) - 1; n >= 0 && parts[n].At+len(parts[n].Data) == at {
			parts[n].Data = append(parts[n].Data, page...)
		} else {
			parts = append(parts, cow.Part{At: at, Data: append([]byte(nil), page...)})
		}
	}
	return parts
}

// start runs the C constructors and boots the interpreter; with preload it has
// packages imported.
func (g *guest) start(preload bool) error {
	g.starting = true
	defer func() { g.starting = false }()
	initialize, err := g.Func("_initialize")
	if err != nil {
		return err
	}
	if _, _, err := g.Call(initialize, unlimited); err != nil {
		return fmt.Errorf("guest: initialize: %w", err)
	}
	code, _, err := g.Call(g.boot, unlimited)
	if err != nil {
		return fmt.Errorf("guest: boot: %w", err)
	}
	if uint32(code) != 0 {
		return fmt.Errorf("guest: boot failed with code %d", int32(code))
	}
	if !preload {
		return nil
	}
	f, err := g.Func("preload")
	if err != nil {
		return err
	}
	if code, _, err = g.Call(f, unlimited); err != nil {
		return fmt.Errorf("guest: preload: %w", err)
	}
	if uint32(code) != 0 {
		v, _ := parseRecord(g.verdict)
		return fmt.Errorf("guest: its packages cannot be imported: %s (code %d)", v.Detail, int32(code))
	}
	return nil
}

// onThread runs f on a thread with a worker's stack and waits for it.
func onThread(f func() error) error {
	done := make(chan error, 1)
	err := wasmtime.Thread(threadStack, func() { done <- f() })
	if err != nil {
		return err
	}
	return <-done
}
