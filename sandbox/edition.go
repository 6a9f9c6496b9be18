package sandbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// edition is one of the two guests, ready to run: that of the library alone, or that with
// packages. They are the same interpreter and the same runner.
type edition struct {
	module *wasmtime.Module
	images [roles]*cow.Image
	start  *snapshot // without its parts, which are in images
	// by how many bytes more than the library's its memory starts with: so much more
	// a pair may have
	larger int64
}

// openEdition makes one of a compiled guest and its start state, which it takes over.
func openEdition(m *wasmtime.Module, s *snapshot) (e *edition, err error) {
	e = &edition{module: m, start: s, larger: int64(max(0, s.size-minMemory))}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	if e.images[alone], err = cow.NewImage(s.size, s.parts[alone]); err != nil {
		return nil, err
	}
	for r := contestant; r < roles; r++ {
		if e.images[r], err = e.images[alone].Over(s.parts[r]); err != nil {
			return nil, err
		}
	}
	s.parts = [roles][]cow.Part{}
	return e, nil
}

func (e *edition) close() {
	for _, im := range slices.Backward(e.images[:]) {
		if im != nil {
			im.Close()
		}
	}
	e.module.Close()
}

// limits are lim in this edition.
func (e *edition) limits(lim Limits) Limits {
	lim.Memory += e.larger
	return lim
}

// packaged is the edition with packages, opened at its first use.
type packaged struct {
	found *Packages // nil: there is none
	mu    sync.Mutex
	open  *edition // nil: not yet
}

// edition gives the guest that texts which belong together run in: a function of these
// texts alone. The first time that it is the one with packages, that takes some seconds.
func (s *Sandbox) edition(ctx context.Context, texts ...string) (*edition, error) {
	if !s.mentioned(texts...) {
		return s.library, nil
	}
	return s.withPackages(ctx)
}

func (s *Sandbox) withPackages(ctx context.Context) (*edition, error) {
	p := &s.packages
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != nil {
		return p.open, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	m, start, err := openGuest(s.engine, s.opt.CacheDir, s.opt.Log, source{
		name: "the sandbox with packages", digest: p.found.Digest, wasm: p.found.wasm, preload: true, largest: maxStart})
	if err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	if p.open, err = openEdition(m, start); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	return p.open, nil
}

// guests are the editions that pairs of two texts run in.
type guests struct {
	library, packages *edition // packages is nil where no pair needs it
	first, second     []bool   // texts that mention packages
}

// guests finds out which texts mention packages, and opens the edition for them if one does.
func (s *Sandbox) guests(ctx context.Context, first, second []string) (g guests, err error) {
	g.library = s.library
	for _, text := range first {
		g.first = append(g.first, s.mentioned(text))
	}
	for _, text := range second {
		g.second = append(g.second, s.mentioned(text))
	}
	if slices.Contains(g.first, true) || slices.Contains(g.second, true) {
		g.packages, err = s.withPackages(ctx)
	}
	return g, err
}

// packaged tells whether a pair runs with packages.
func (g *guests) packaged(i, j int) bool { return g.first[i] || g.second[j] }

func (g *guests) of(i, j int) *edition {
	if g.packaged(i, j) {
		return g.packages
	}
	return g.library
}

// in gives the worker's instances of an edition. Those of the other hold no more memory
// than they start with.
func (w *worker) in(e *edition, lim Limits) (*worker, error) {
	to, other := w, w.packages
	if e != w.edition {
		if w.packages == nil {
			var err error
			if w.packages, err = newHalf(w.sb, e, contestant, w.limit); err != nil {
				return nil, fmt.Errorf("an instance with packages: %w", err)
			}
		}
		to, other = w.packages, w
	}
	if other == nil {
		return to, nil
	}
	return to, other.shrink(lim)
}

// shrink gives back what the worker's instances hold beside what they start with.
func (w *worker) shrink(lim Limits) (err error) {
	for _, half := range []*worker{w, w.judge, w.alone} {
		if half != nil && (half.grown() > 0 || half.space.Saved() > 0) {
			err = errors.Join(err, half.reset(lim))
		}
	}
	return err
}
