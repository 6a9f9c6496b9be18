// Package sandbox runs generated programs against generated tests: in this
// process, in an interpreter compiled to WebAssembly, where a program can reach
// nothing but its own memory. See docs/sandbox.md for what is promised.
package sandbox

import (
	"context"
	"log/slog"
	"runtime"
	"slices"
	"sync"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// Options say how a sandbox works; the zero value is good.
type Options struct {
	Workers  int          // pairs running at once; 0: one a core
	CacheDir string       // for the prepared guest; "": the user's cache folder
	Log      *slog.Logger // nil: silent
	// Fresh drops the memory after every run instead of putting back what
	// the last one wrote. The verdicts are the same and it is slower: it is
	// what the quick way is compared with.
	Fresh bool
}

// Sandbox executes pairs of solution and test on a fixed set of workers. It is
// safe for concurrent use.
type Sandbox struct {
	opt    Options
	engine *wasmtime.Engine
	module *wasmtime.Module
	images [roles]*cow.Image
	start  *snapshot // without its parts, which are in images

	tasks   chan func(*worker)
	workers sync.WaitGroup
	ticks   ticker
}

// New prepares a sandbox. The first time on a machine this takes seconds, later
// some milliseconds.
func New(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.CacheDir == "" {
		var err error
		if o.CacheDir, err = CacheDir(); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Sandbox{opt: o, tasks: make(chan func(*worker))}
	if err := s.open(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Sandbox) open() (err error) {
	if s.engine, err = wasmtime.NewEngine(wasmtime.Config{MaxStack: maxStack}); err != nil {
		return err
	}
	s.ticks.engine = s.engine
	if s.module, s.start, err = openGuest(s.engine, s.opt.CacheDir, s.opt.Log); err != nil {
		return err
	}
	if s.images[alone], err = cow.NewImage(s.start.size, s.start.parts[alone]); err != nil {
		return err
	}
	for r := contestant; r < roles; r++ {
		if s.images[r], err = s.images[alone].Over(s.start.parts[r]); err != nil {
			return err
		}
	}
	s.start.parts = [roles][]cow.Part{}
	for range s.opt.Workers {
		if err := s.addWorker(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sandbox) addWorker() error {
	w, err := newWorker(s)
	if err != nil {
		return err
	}
	s.workers.Add(1)
	err = wasmtime.Thread(threadStack, func() {
		defer s.workers.Done()
		defer w.close()
		for task := range s.tasks {
			task(w)
		}
	})
	if err != nil {
		s.workers.Done()
		w.close()
	}
	return err
}

// Close waits for what is running and frees everything. No other method may be
// called after it.
func (s *Sandbox) Close() error {
	close(s.tasks)
	s.workers.Wait()
	s.ticks.stop()
	for _, im := range slices.Backward(s.images[:]) {
		if im != nil {
			im.Close()
		}
	}
	if s.module != nil {
		s.module.Close()
	}
	if s.engine != nil {
		s.engine.Close()
	}
	return nil
}

// do runs f on a free worker and reports false when ctx ended before. Guest
// code that f starts is interrupted when ctx ends.
func (s *Sandbox) do(ctx context.Context, f func(*worker)) bool {
	task := func(w *worker) {
		over := make(chan struct{})
		release := context.AfterFunc(ctx, func() {
			w.limit.Stop(true)
			close(over)
		})
		f(w)
		if !release() {
			<-over
			w.limit.Stop(false)
		}
	}
	select {
	case s.tasks <- task:
		return true
	case <-ctx.Done():
		return false
	}
}
