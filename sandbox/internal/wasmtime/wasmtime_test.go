package wasmtime

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// section writes one section of a module; all lengths here are below 128.
func section(id byte, body ...byte) string {
	return string(append([]byte{id, byte(len(body))}, body...))
}

// export writes an entry of the export section.
func export(name string, kind, index byte) string {
	return string(rune(len(name))) + name + string([]byte{kind, index})
}

// module imports h.f and exports a function for each way a call can end.
func module() []byte {
	exports := export("loop", 0, 1) + export("trap", 0, 2) + export("recurse", 0, 3) +
		export("host", 0, 4) + export("grow", 0, 5) + export("mem", 2, 0) + export("g", 3, 0)
	return []byte("\x00asm\x01\x00\x00\x00" +
		section(1, 2, 0x60, 0, 0, 0x60, 0, 1, 0x7f) + // types: () → (), () → i32
		section(2, 1, 1, 'h', 1, 'f', 0, 0) +
		section(3, 5, 0, 0, 0, 0, 1) +
		section(5, 1, 0, 1) + // one page of memory
		section(6, 1, 0x7f, 1, 0x41, 42, 0x0b) + // g: mutable i32, 42
		section(7, append([]byte{7}, exports...)...) +
		section(10, 5,
			7, 0, 0x03, 0x40, 0x0c, 0, 0x0b, 0x0b, // loop: br 0
			3, 0, 0x00, 0x0b, // unreachable
			4, 0, 0x10, 3, 0x0b, // call itself
			4, 0, 0x10, 0, 0x0b, // call h.f
			6, 0, 0x41, 1, 0x40, 0, 0x0b, // memory.grow 1
		))
}

type fixture struct {
	engine  *Engine
	limit   *Deadline
	inst    *Instance
	mem     *Memory
	hostErr error
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	engine, err := NewEngine(Config{MaxStack: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	m, err := engine.Compile(module())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	if got := m.Imports(); len(got) != 1 || got[0] != "h.f" {
		t.Errorf("imports %v", got)
	}
	f := &fixture{engine: engine, limit: NewDeadline()}
	t.Cleanup(f.limit.Close)
	if f.mem, err = NewMemory(64 << 10); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.mem.Close() })
	if _, err := m.Instantiate(f.mem, f.limit, nil); err == nil || !strings.Contains(err.Error(), "h.f") {
		t.Errorf("instantiated without its import: %v", err)
	}
	f.mem.Limit(128 << 10)
	f.inst, err = m.Instantiate(f.mem, f.limit, Host{"h.f": func([]Raw) error { return f.hostErr }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.inst.Close)
	return f
}

func (f *fixture) call(t *testing.T, name string, b Budget) (uint32, uint64, error) {
	t.Helper()
	fn, err := f.inst.Func(name)
	if err != nil {
		t.Fatal(err)
	}
	result, fuel, err := f.inst.Call(fn, b)
	return uint32(result), fuel, err
}

func TestEndsOfACall(t *testing.T) {
	f := newFixture(t)
	plenty := Budget{Fuel: 1 << 40, Ticks: math.MaxInt64}
	wantTrap := func(name string, b Budget, code TrapCode) {
		t.Helper()
		_, _, err := f.call(t, name, b)
		var trap *Trap
		if !errors.As(err, &trap) || trap.Code != code {
			t.Errorf("%s: %v, want a trap of code %d", name, err, code)
		}
	}
	wantTrap("trap", plenty, Unreachable)
	wantTrap("loop", Budget{Fuel: 1000, Ticks: math.MaxInt64}, OutOfFuel)
	wantTrap("recurse", plenty, StackOverflow)
	f.hostErr = errors.New("no")
	wantTrap("host", plenty, HostTrap)
	f.hostErr = nil
	if _, fuel, err := f.call(t, "host", plenty); err != nil || fuel == 0 || fuel > 10 {
		t.Errorf("host: %d fuel, %v", fuel, err)
	}

	// The epochs of another goroutine end an endless loop, by count or at once.
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				f.engine.Tick()
			}
		}
	}()
	defer close(done)
	wantTrap("loop", Budget{Fuel: math.MaxInt64, Ticks: 3}, Interrupt)
	f.limit.Stop(true)
	wantTrap("loop", Budget{Fuel: math.MaxInt64, Ticks: math.MaxInt64}, Interrupt)
	f.limit.Stop(false)
	if _, _, err := f.call(t, "host", plenty); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

func TestMemoryAndGlobals(t *testing.T) {
	f := newFixture(t)
	plenty := Budget{Fuel: 1 << 40, Ticks: math.MaxInt64}
	if old, _, err := f.call(t, "grow", plenty); err != nil || old != 1 || len(f.mem.Bytes()) != 128<<10 {
		t.Errorf("grow: from %d pages, %v, now %d bytes", old, err, len(f.mem.Bytes()))
	}
	if old, _, err := f.call(t, "grow", plenty); err != nil || old != math.MaxUint32 {
		t.Errorf("grow beyond the limit: from %d pages, %v", old, err)
	}
	if v, err := f.inst.Global("g"); err != nil || v != 42 {
		t.Errorf("g is %d, %v", v, err)
	}
	if err := f.inst.SetGlobal("g", 7); err != nil {
		t.Error(err)
	}
	if v, err := f.inst.Global("g"); err != nil || v != 7 {
		t.Errorf("g is %d, %v", v, err)
	}
	for _, name := range []string{"nothing", "loop"} {
		if _, err := f.inst.Global(name); err == nil {
			t.Errorf("there is a global %q", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	engine, err := NewEngine(Config{MaxStack: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	for _, wasm := range [][]byte{nil, []byte("no module"), module()[:50]} {
		if m, err := engine.Compile(wasm); err == nil {
			m.Close()
			t.Errorf("compiled %q", wasm)
		}
	}
	if _, err := engine.Load("no/such/file"); err == nil {
		t.Error("loaded a file that is not there")
	}
	for _, size := range []int{-1, Reserved + 1, Reserved + Guard} {
		if m, err := NewMemory(size); err == nil {
			m.Close()
			t.Errorf("a linear memory of %d bytes", size)
		}
	}
	if err := Thread(-1, func() {}); err == nil {
		t.Error("a thread with a stack below nothing")
	}
}
