package wasmtime

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestThreadsEndUnderSignals lets threads that ran guest code end while signals
// hail on all of them, as the Go runtime sends them to interrupt its own
// threads. A thread whose signal stack is gone kills the process.
func TestThreadsEndUnderSignals(t *testing.T) {
	engine, err := NewEngine(Config{MaxStack: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	m, err := engine.Compile(module())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()

	over := make(chan struct{})
	var hail sync.WaitGroup
	hail.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
				signalThreads(t)
			}
		}
	})
	for range 100 {
		var ended sync.WaitGroup
		for range 8 {
			ended.Add(1)
			if err := Thread(4<<20, func() {
				defer ended.Done()
				trapOnce(t, m, "trap", Unreachable)
			}); err != nil {
				t.Fatal(err)
			}
		}
		ended.Wait()
	}
	close(over)
	hail.Wait()
}

// signalThreads sends SIGURG, which the Go runtime uses and ignores, to every
// thread of the process.
func signalThreads(t *testing.T) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Error(err)
		return
	}
	for _, task := range tasks {
		if tid, err := strconv.Atoi(task.Name()); err == nil {
			unix.Tgkill(os.Getpid(), tid, unix.SIGURG) // it may have ended
		}
	}
}

// TestThreadHasItsStack: guest code that recurses without end gets to the engine's
// limit, which is more than the threads of the Go runtime have.
func TestThreadHasItsStack(t *testing.T) {
	const stack = 64 << 20
	engine, err := NewEngine(Config{MaxStack: stack})
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	m, err := engine.Compile(module())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	ended := make(chan struct{})
	if err := Thread(stack+4<<20, func() {
		defer close(ended)
		trapOnce(t, m, "recurse", StackOverflow)
	}); err != nil {
		t.Fatal(err)
	}
	<-ended
}

// trapOnce runs guest code that ends by a hardware trap, so that the engine's
// own signal handling has had its turn on the thread.
func trapOnce(t *testing.T, m *Module, name string, code TrapCode) {
	mem, err := NewMemory(64 << 10)
	if err != nil {
		t.Error(err)
		return
	}
	defer mem.Close()
	limit := NewDeadline()
	defer limit.Close()
	i, err := m.Instantiate(mem, limit, Host{"h.f": func([]Raw) error { return nil }})
	if err != nil {
		t.Error(err)
		return
	}
	defer i.Close()
	f, err := i.Func(name)
	if err != nil {
		t.Error(err)
		return
	}
	_, _, err = i.Call(f, Budget{Fuel: 1 << 40, Ticks: 1 << 40})
	var trap *Trap
	if !errors.As(err, &trap) || trap.Code != code {
		t.Errorf("%s: %v, want a trap of code %d", name, err, code)
	}
}
