package sched

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"coderm/engine"
)

func TestErrors(t *testing.T) {
	shape := Shape{Seqs: 4, PerSeq: 50, Batch: 64}
	ok := engine.Request{Prompt: ids(5, 1), N: 4, MaxTokens: 30}
	with := func(change func(*engine.Request)) engine.Request {
		r := ok
		change(&r)
		return r
	}
	for _, tt := range []struct {
		name string
		r    engine.Request
		want string
	}{
		{"no samples", with(func(r *engine.Request) { r.N = 0 }), "generate: 0 samples of 30 tokens: both must be at least 1"},
		{"no tokens", with(func(r *engine.Request) { r.MaxTokens = 0 }), "generate: 4 samples of 0 tokens: both must be at least 1"},
		{"no prompt", with(func(r *engine.Request) { r.Prompt = engine.Prompt{} }), "the prompt is empty"},
		{"prompt beyond the model", with(func(r *engine.Request) { r.Prompt = ids(100, 1) }), "a prompt of 100 tokens leaves no room in a context of 100"},
		{"prompt beyond memory", with(func(r *engine.Request) { r.Prompt = ids(60, 1) }), "a prompt of 60 tokens does not fit the 50 for which there is memory"},
		{"bad sampling", with(func(r *engine.Request) { r.Sampling.TopP = 2 }), "sampling: top-p is 2, want a number from 0 to 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, &fakeModel{positions: 100, shape: shape})
			if _, err := collect(t.Context(), s, tt.r); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if _, err := collect(t.Context(), s, ok); err != nil {
				t.Errorf("the next request: %v", err)
			}
		})
	}
	t.Run("decoder fails", func(t *testing.T) {
		s := start(t, &fakeModel{positions: 100, shape: shape, failAfter: 3})
		if _, err := collect(t.Context(), s, ok); err == nil || err.Error() != "out of luck" {
			t.Errorf("got %v", err)
		}
		if got, err := collect(t.Context(), s, ok); err != nil || len(got) != 4 {
			t.Errorf("the next request: %d samples, %v", len(got), err)
		}
	})
	t.Run("yield fails", func(t *testing.T) {
		s := start(t, &fakeModel{positions: 100, shape: shape})
		full := errors.New("disk full")
		if err := s.Generate(t.Context(), each(ok), func(int, engine.Sample) error { return full }); err != full {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the hidden state cannot be kept", func(t *testing.T) {
		s := start(t, &fakeModel{positions: 100, shape: shape})
		full, samples := errors.New("disk full"), 0
		r := with(func(r *engine.Request) { r.Hidden = func([]float32) error { return full } })
		err := s.Generate(t.Context(), each(r), func(int, engine.Sample) error { samples++; return nil })
		if err != full || samples > 0 {
			t.Errorf("got %v and %d samples", err, samples)
		}
	})
	t.Run("closed", func(t *testing.T) {
		s := New(&fakeModel{positions: 100, shape: shape}, slog.New(slog.DiscardHandler))
		s.Close()
		if _, err := collect(t.Context(), s, ok); err != ErrClosed {
			t.Errorf("got %v", err)
		}
	})
}

// TestOneFails: a request that cannot be served is named, and the others of its
// call are served.
func TestOneFails(t *testing.T) {
	good := engine.Request{Prompt: ids(5, 1), N: 50, MaxTokens: 30}
	for name, length := range map[string]int{"beyond the model": 100, "beyond memory": 60, "none": 0} {
		t.Run(name, func(t *testing.T) {
			m := &fakeModel{positions: 100, shape: Shape{Seqs: 4, PerSeq: 50, Batch: 64}}
			s := start(t, m)
			bad := good
			bad.Prompt = ids(length, 1)
			samples := 0
			err := s.Generate(t.Context(), each(good, good, bad, good), func(int, engine.Sample) error { samples++; return nil })
			var failed engine.RequestErrors
			if !errors.As(err, &failed) || len(failed) != 1 || failed[2] == nil {
				t.Fatalf("got %v, want an error of request 2", err)
			}
			if samples != 3*good.N {
				t.Errorf("%d samples, want the others' %d", samples, 3*good.N)
			}
			if got, err := collect(t.Context(), s, good); err != nil || len(got) != good.N {
				t.Errorf("the next call: %d samples, %v", len(got), err)
			}
		})
	}
}

// TestSenseless: a request for nothing ends its call, wherever it comes, and no
// other call.
func TestSenseless(t *testing.T) {
	s := start(t, &fakeModel{positions: 100, shape: Shape{Seqs: 2, PerSeq: 100, Batch: 64}})
	good := engine.Request{Prompt: ids(5, 1), N: 3, MaxTokens: 30}
	bad := good
	bad.N = 0
	other := make(chan error)
	go func() {
		got, err := collect(t.Context(), s, engine.Request{Prompt: ids(9, 2), N: 40, MaxTokens: 30})
		if err == nil && len(got) != 40 {
			err = fmt.Errorf("%d samples", len(got))
		}
		other <- err
	}()
	err := s.Generate(t.Context(), each(good, good, good, bad, good), func(int, engine.Sample) error { return nil })
	if err == nil || err.Error() != "generate: 0 samples of 30 tokens: both must be at least 1" {
		t.Errorf("got %v", err)
	}
	if err := <-other; err != nil {
		t.Errorf("the other call: %v", err)
	}
}

// TestCancelFrees: a request that is cancelled while it holds every slot lets
// the next one in.
func TestCancelFrees(t *testing.T) {
	m := &fakeModel{positions: 1 << 20, shape: Shape{Seqs: 2, PerSeq: 1 << 20, Batch: 64, Unified: true}}
	s := start(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error)
	started := make(chan struct{})
	go func() {
		r := each(engine.Request{Prompt: ids(20, 1), N: 1000, MaxTokens: 1000})
		var once sync.Once
		first <- s.Generate(ctx, r, func(int, engine.Sample) error { once.Do(func() { close(started) }); return nil })
	}()
	<-started
	second := make(chan error)
	go func() {
		_, err := collect(t.Context(), s, engine.Request{Prompt: ids(20, 2), N: 1, MaxTokens: 3})
		second <- err
	}()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled request: %v", err)
	}
	if err := <-second; err != nil {
		t.Errorf("next request: %v", err)
	}
}

// TestHandover: when a step fails, every sample that was finished before it is
// with its caller, and no other.
func TestHandover(t *testing.T) {
	r := engine.Request{Prompt: ids(10, 1), N: 30, MaxTokens: 40}
	for last := 2; last < 40; last += 4 {
		m := &fakeModel{
			positions: 100, failAfter: last,
			shape: Shape{Seqs: r.N, PerSeq: 100, Batch: 64},
		}
		got, err := collect(t.Context(), start(t, m), r)
		if err == nil {
			t.Fatalf("batch %d: no error", last)
		}
		for i := range r.N {
			// The first batch is the prompt; each gives every sample a token.
			want := alone(m, r, i)
			if _, ok := got[i]; ok != (want.Tokens < last) {
				t.Errorf("batch %d failed; sample %d of %d tokens was handed over: %v", last, i, want.Tokens, ok)
			}
		}
	}
}

// TestCancelAtOnce: nothing more is computed for a request that was given up.
func TestCancelAtOnce(t *testing.T) {
	m := &fakeModel{positions: 400, shape: Shape{Seqs: 4, PerSeq: 400, Batch: 64, Unified: true}}
	s := start(t, m)
	enough, steps := errors.New("enough"), 0
	r := each(engine.Request{Prompt: ids(20, 1), N: 40, MaxTokens: 100})
	err := s.Generate(t.Context(), r, func(int, engine.Sample) error { steps = m.steps; return enough })
	if err != enough {
		t.Fatal(err)
	}
	if m.steps != steps {
		t.Errorf("%d batches after the request was given up", m.steps-steps)
	}
}
