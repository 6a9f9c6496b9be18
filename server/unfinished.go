package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"

	"coderm/sandbox"
)

// unfinished keeps executions whose clients were told to come again, with the place
// that they wait at: on a machine that is far too busy, one that begins anew each time
// never ends.
type unfinished struct {
	mu   sync.Mutex
	left map[[sha256.Size]byte]*execution
	end  context.CancelFunc
	ctx  context.Context // of all
	wg   sync.WaitGroup
}

// execution is a program that is run for one client, and perhaps for the next that
// asks the same.
type execution struct {
	done   chan struct{} // closed with what follows
	result sandbox.Execution
	took   time.Duration
	err    error
	cancel context.CancelFunc
}

// How many executions are kept, and for how long after their client has gone.
const (
	mostUnfinished = 256
	keptUnfinished = 2 * time.Minute
)

func newUnfinished(ctx context.Context) *unfinished {
	u := &unfinished{left: map[[sha256.Size]byte]*execution{}}
	u.ctx, u.end = context.WithCancel(context.WithoutCancel(ctx))
	return u
}

// close ends all and waits for them.
func (u *unfinished) close() {
	u.end()
	u.wg.Wait()
}

// run gives what an execution of that key comes to: of the one that a client before left,
// or else of start. One that the deadline of ctx ends goes on for the next; one whose
// client has gone does not.
func (u *unfinished) run(ctx context.Context, key [sha256.Size]byte, start func(context.Context) (sandbox.Execution, error)) (sandbox.Execution, time.Duration, error) {
	e := u.take(key)
	if e == nil {
		e = u.begin(start)
	}
	select {
	case <-e.done:
		e.cancel()
		return e.result, e.took, e.err
	case <-ctx.Done():
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !u.leave(key, e) {
			e.cancel()
		}
		return sandbox.Execution{}, 0, context.Cause(ctx)
	}
}

func (u *unfinished) begin(start func(context.Context) (sandbox.Execution, error)) *execution {
	e := &execution{done: make(chan struct{})}
	var ctx context.Context
	ctx, e.cancel = context.WithCancel(u.ctx)
	u.wg.Go(func() {
		began := time.Now()
		e.result, e.err = start(ctx)
		e.took = time.Since(began)
		close(e.done)
	})
	return e
}

func (u *unfinished) take(key [sha256.Size]byte) *execution {
	u.mu.Lock()
	defer u.mu.Unlock()
	e := u.left[key]
	delete(u.left, key)
	return e
}

// leave keeps e for a while, if there is room and nobody else's of the same key.
func (u *unfinished) leave(key [sha256.Size]byte, e *execution) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.left) >= mostUnfinished || u.left[key] != nil {
		return false
	}
	u.left[key] = e
	time.AfterFunc(keptUnfinished, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.left[key] == e {
			delete(u.left, key)
			e.cancel()
		}
	})
	return true
}
