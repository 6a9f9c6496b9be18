package server

import (
	"context"
	"crypto/sha256"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"coderm/sandbox"
)

// programs keeps texts that were compiled: a client that sends one request a test
// case sends the same program many times.
type programs struct {
	box  *sandbox.Sandbox
	mu   sync.Mutex
	kept *lru.Cache[[sha256.Size]byte, *sandbox.Program]
	made map[[sha256.Size]byte]*making
}

// making is a program that is being compiled for one client or more.
type making struct {
	done    chan struct{}
	program *sandbox.Program
	err     error
}

// How many programs are kept, and how large each may be, in bytes.
const (
	keptPrograms = 1024
	keptSize     = 128 << 10
)

func newPrograms(box *sandbox.Sandbox) *programs {
	kept, _ := lru.New[[sha256.Size]byte, *sandbox.Program](keptPrograms) // fails for sizes below 1
	return &programs{box: box, kept: kept, made: map[[sha256.Size]byte]*making{}}
}

// get compiles a program, unless it is kept or being compiled.
func (p *programs) get(ctx context.Context, code string) (*sandbox.Program, error) {
	key := sha256.Sum256([]byte(code))
	for {
		p.mu.Lock()
		if program, ok := p.kept.Get(key); ok {
			p.mu.Unlock()
			return program, nil
		}
		m, waits := p.made[key]
		if !waits {
			m = &making{done: make(chan struct{})}
			p.made[key] = m
		}
		p.mu.Unlock()
		if !waits {
			return p.make(ctx, key, code, m)
		}
		select {
		case <-m.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if m.err == nil {
			return m.program, nil
		}
		// The client that it was compiled for may just have gone.
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
}

func (p *programs) make(ctx context.Context, key [sha256.Size]byte, code string, m *making) (*sandbox.Program, error) {
	m.program, m.err = p.box.Compile(ctx, code, sandbox.DefaultLimits()) // whatever limits this client has set
	p.mu.Lock()
	if m.err == nil && m.program.Size() <= keptSize {
		p.kept.Add(key, m.program)
	}
	delete(p.made, key)
	p.mu.Unlock()
	close(m.done)
	return m.program, m.err
}
