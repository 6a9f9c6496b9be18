package sched

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"sync"

	"coderm/engine"
)

// ErrClosed is returned by requests on a closed scheduler.
var ErrClosed = errors.New("the model is closed")

// Scheduler serves concurrent requests from one model context. It implements
// engine.Embedder.
type Scheduler struct {
	model Model
	wake  chan struct{} // capacity 1: something changed
	done  chan struct{} // the loop has ended

	mu       sync.Mutex
	incoming []*call
	closed   bool
}

// New starts a scheduler; Close ends it.
func New(model Model, log *slog.Logger) *Scheduler {
	s := &Scheduler{model: model, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go func() {
		// An OpenMP team belongs to the thread that starts it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(s.done)
		l := &loop{model: model, log: log}
		l.run(s)
	}()
	return s
}

// Generate implements engine.Model. The batch waits while the sequence or yield
// runs.
func (s *Scheduler) Generate(ctx context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	return s.serve(ctx, newCall(s.model, requests, (*engine.Request).Check, yield))
}

// Embed implements engine.Embedder.
func (s *Scheduler) Embed(ctx context.Context, prompt engine.Prompt) ([]float32, error) {
	var state []float32
	r := engine.Request{Prompt: prompt, Hidden: func(h []float32) error { state = h; return nil }}
	nothing := func(*engine.Request) error { return nil } // no samples are wanted
	if err := s.serve(ctx, newCall(s.model, slices.Values([]engine.Request{r}), nothing, nil)); err != nil {
		return nil, err
	}
	return state, nil
}

func (s *Scheduler) serve(ctx context.Context, c *call) error {
	defer c.stop()
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.incoming = append(s.incoming, c)
	s.mu.Unlock()
	s.poke()
	err := c.follow(ctx, s.poke)
	if err == errCancelled {
		return context.Cause(ctx)
	}
	return err
}

// Close cancels what is running and frees the context.
func (s *Scheduler) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.poke()
	<-s.done
}

func (s *Scheduler) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns the calls that came in since the last time.
func (s *Scheduler) take() (calls []*call, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls, s.incoming = s.incoming, nil
	return calls, s.closed
}
