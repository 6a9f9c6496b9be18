package sched

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

	"coderm/engine"
)

// ErrClosed is returned by requests on a closed scheduler.
var ErrClosed = errors.New("the model is closed")

// Scheduler serves concurrent requests from one model context. It implements
// engine.Generator and engine.Embedder.
type Scheduler struct {
	model Model
	wake  chan struct{} // capacity 1: something changed
	done  chan struct{} // the loop has ended

	mu       sync.Mutex
	incoming []*job
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

// Generate implements engine.Generator. The batch waits while yield runs.
func (s *Scheduler) Generate(ctx context.Context, requests []engine.Request, yield func(int, engine.Sample) error) error {
	for _, r := range requests {
		if r.N < 1 || r.MaxTokens < 1 {
			return fmt.Errorf("generate: %d samples of %d tokens: both must be at least 1", r.N, r.MaxTokens)
		}
	}
	return s.submit(ctx, requests, yield)
}

// Embed implements engine.Embedder. To draw samples too, use Request.Hidden.
func (s *Scheduler) Embed(ctx context.Context, prompt []int32) ([]float32, error) {
	var state []float32
	r := engine.Request{Prompt: prompt, Hidden: func(h []float32) error { state = h; return nil }}
	if err := s.submit(ctx, []engine.Request{r}, nil); err != nil {
		return nil, err
	}
	return state, nil
}

func (s *Scheduler) submit(ctx context.Context, requests []engine.Request, yield func(int, engine.Sample) error) error {
	if err := ctx.Err(); err != nil || len(requests) == 0 {
		return err
	}
	c := newCall(requests)
	var jobs []*job
	for i, j := range c.jobs {
		if err := j.settings.Validate(); err != nil {
			return err
		}
		if err := s.checkPrompt(j.req.Prompt); err != nil {
			c.unserved[i] = err
			continue
		}
		jobs = append(jobs, j)
	}
	if len(jobs) == 0 {
		return c.result()
	}
	c.left = len(jobs)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	s.incoming = append(s.incoming, jobs...)
	s.mu.Unlock()
	s.poke()
	err := c.follow(ctx, s.poke, yield)
	if err == errCancelled {
		return context.Cause(ctx)
	}
	return err
}

func (s *Scheduler) checkPrompt(prompt []int32) error {
	if n, most := len(prompt), s.model.MaxPositions(); n == 0 {
		return errors.New("the prompt is empty")
	} else if n >= most {
		return fmt.Errorf("a prompt of %d tokens leaves no room in a context of %d", n, most)
	}
	return nil
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

// take returns the requests that came in since the last call.
func (s *Scheduler) take() (jobs []*job, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	jobs, s.incoming = s.incoming, nil
	return jobs, s.closed
}
