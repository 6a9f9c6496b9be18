// Package child runs a model in a process of its own: ggml aborts the process when a
// GPU runs out of memory within a step, and drivers have ways of their own to end
// one. A child that dies is replaced by one with a smaller plan, which goes on with
// what was not drawn yet; a child whose parent dies ends.
package child

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"coderm/engine"
	"coderm/engine/llama"
	"coderm/engine/sched"
)

// Command is the command line argument that leads to Serve. Whoever opens a model here is
// a program that has it.
const Command = "serve-model"

// Process says in which process a model runs.
type Process string

// Auto is Own where layers lie on a GPU, and Shared where not: computing on the
// CPU does not end a process.
const (
	Auto   Process = "auto"
	Own    Process = "own"
	Shared Process = "shared"
)

// Local is a model on this machine, whatever its process.
type Local interface {
	engine.Embedder
	Info() llama.Info
	ChatTemplate() string // see llama.Model
	Close()
}

var (
	_ Local = (*llama.Model)(nil)
	_ Local = (*Model)(nil)
)

// Open loads a model, in this process or one of its own.
func Open(ctx context.Context, c llama.Config, in Process) (Local, error) {
	if in == Shared || in != Own && (c.GPULayers < 0 || !llama.HasBackends()) {
		return llama.Load(ctx, c)
	}
	m := &Model{log: c.Log, config: c}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	m.base, m.close = context.WithCancelCause(context.Background())
	p, err := m.process(ctx, in != Own)
	switch {
	case err != nil:
		m.Close()
		return nil, err
	case p.opened.NoGPU:
		m.Close()
		c.GPULayers = -1
		return llama.Load(ctx, c)
	}
	return m, nil
}

// errDied is the end of a child while something is asked of it.
var errDied = errors.New("the model's process died")

// Model is a model in a process of its own. It is safe for concurrent use.
type Model struct {
	log   *slog.Logger
	base  context.Context // until Close
	close context.CancelCauseFunc

	mu     sync.Mutex // of all below; held while a child starts
	config llama.Config
	now    *process // nil: the last one died
	last   opened   // by the last that lived
	// fruitless counts the children in a row that died without having computed
	// anything that was wanted.
	fruitless int
}

const (
	// mostFruitless children may die one after another: by then a single sample runs
	// at once, and on the CPU.
	mostFruitless = 9
	// fewFruitless of them may have been killed by somebody; then it is taken for a
	// want of memory, for the kernel kills for that too.
	fewFruitless = 1
)

// Info describes the model.
func (m *Model) Info() llama.Info {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last.Info
}

// ChatTemplate is the model's own, as llama.Model has it.
func (m *Model) ChatTemplate() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last.ChatTemplate
}

// Close cancels what is running and ends the child.
func (m *Model) Close() {
	m.close(sched.ErrClosed)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now != nil {
		m.now.kill()
		m.now = nil
	}
}

// Embed implements engine.Embedder.
func (m *Model) Embed(ctx context.Context, prompt engine.Prompt) (state []float32, err error) {
	err = m.do(ctx, func(p *process) error {
		state, err = p.embed(ctx, prompt)
		return err
	})
	return state, err
}

// do has fn done by a child, and by another when that died or had no memory.
func (m *Model) do(ctx context.Context, fn func(*process) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		p, err := m.process(ctx, false)
		if err != nil {
			return err
		}
		err = fn(p)
		var failed *failure
		switch {
		case err == errDied:
			err = p.death()
		case errors.As(err, &failed) && failed.Memory:
		default:
			return err
		}
		if err := m.bury(p, err); err != nil {
			return err
		}
	}
}

// process is the child that there is, or a new one.
func (m *Model) process(ctx context.Context, onlyGPU bool) (*process, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	defer context.AfterFunc(m.base, func() { stop(sched.ErrClosed) })()
	for m.now == nil {
		if ctx.Err() != nil || m.base.Err() != nil {
			return nil, errors.Join(context.Cause(m.base), context.Cause(ctx))
		}
		p, err := start(ctx, m.config, onlyGPU, m.log)
		if err == nil {
			m.now, m.last = p, p.opened
			break
		}
		if err := m.mourn(err, false); err != nil {
			return nil, err
		}
	}
	return m.now, nil
}

// bury notes that a child died, or is of no use for why; the first that tells counts.
// Then it says whether to go on, by nil.
func (m *Model) bury(p *process, why error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.base.Err() != nil {
		return sched.ErrClosed
	}
	if m.now != p {
		return nil
	}
	m.now = nil
	p.kill()
	return m.mourn(why, p.fruitful)
}

// mourn decides what the next child is to do otherwise; an error says that there
// is to be none.
func (m *Model) mourn(why error, fruitful bool) error {
	var failed *failure
	var died *death
	memory := false
	switch {
	case errors.As(why, &died):
		memory = died.aborted
	case errors.As(why, &failed) && failed.Memory:
		memory = true
	default: // it would fail again
		return why
	}
	m.fruitless++
	if fruitful {
		m.fruitless = 0
	}
	if m.fruitless > mostFruitless {
		return fmt.Errorf("%w (%d times, with smaller and smaller plans)", why, m.fruitless)
	}
	what := "another one goes on"
	if memory || m.fruitless > fewFruitless {
		m.config.Smaller++
		what += ", with fewer completions at once and more memory left free"
	}
	m.log.Warn(why.Error() + "; " + what)
	return nil
}
