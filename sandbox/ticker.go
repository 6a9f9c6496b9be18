package sandbox

import (
	"sync"
	"time"

	"coderm/sandbox/internal/wasmtime"
)

// ticker moves the engine's epoch on while anything runs.
type ticker struct {
	engine *wasmtime.Engine
	mu     sync.Mutex
	users  int
	quit   chan struct{}
	done   chan struct{}
}

// use starts the ticker, or counts one more user; the function it returns ends
// the use.
func (t *ticker) use() (release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.users++; t.users == 1 {
		t.quit, t.done = make(chan struct{}), make(chan struct{})
		go t.loop(t.quit, t.done)
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.users--; t.users == 0 {
			t.stopLocked()
		}
	}
}

func (t *ticker) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopLocked()
}

func (t *ticker) stopLocked() {
	if t.quit != nil {
		close(t.quit)
		<-t.done
		t.quit = nil
	}
}

func (t *ticker) loop(quit, done chan struct{}) {
	defer close(done)
	clock := time.NewTicker(tick)
	defer clock.Stop()
	for {
		select {
		case <-clock.C:
			t.engine.Tick()
		case <-quit:
			return
		}
	}
}
