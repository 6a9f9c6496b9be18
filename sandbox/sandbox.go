// Package sandbox runs generated programs against generated tests: in this
// process, in an interpreter compiled to WebAssembly, where a program can reach
// nothing but its own memory. See docs/sandbox.md for what is promised.
package sandbox

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

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
	// Packages is the file of the packages guest, or NoPackages; "": see FindPackages.
	Packages string
}

// Sandbox executes pairs of solution and test on a fixed set of workers. It is
// safe for concurrent use.
type Sandbox struct {
	opt    Options
	engine *wasmtime.Engine

	library  *edition
	packages packaged
	names    []string // of modules by which a text is known to need packages
	missing  missing

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
	found, err := FindPackages(o.Packages)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s := &Sandbox{opt: o, packages: packaged{found: found}, tasks: make(chan func(*worker))}
	if found != nil {
		s.names = found.imports()
	}
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
	m, start, err := openGuest(s.engine, s.opt.CacheDir, s.opt.Log, source{name: "the sandbox", digest: GuestDigest(), wasm: guestWasm, largest: minMemory})
	if err != nil {
		return err
	}
	if s.library, err = openEdition(m, start); err != nil {
		return err
	}
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

// Packages are those that programs can import beside the library; nil for none.
func (s *Sandbox) Packages() *Packages { return s.packages.found }

// Guest names what decides about verdicts: GuestDigest and, where there are packages,
// their digest.
func (s *Sandbox) Guest() string {
	if id := s.packages.found.ID(); id != "" {
		return GuestDigest() + "+" + id
	}
	return GuestDigest()
}

// Close waits for what is running and frees everything. No other method may be
// called after it.
func (s *Sandbox) Close() error {
	close(s.tasks)
	s.workers.Wait()
	s.ticks.stop()
	if texts := s.missing.String(); texts != "" {
		s.opt.Log.Warn("some texts import packages that are not here, which fails as it does natively without them", "texts", texts,
			"remedy", "put "+packagesFile+" of this version where coderm finds it: see docs/sandbox.md")
	}
	for _, e := range []*edition{s.packages.open, s.library} {
		if e != nil {
			e.close()
		}
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
