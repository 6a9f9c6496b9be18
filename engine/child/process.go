package child

import (
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"coderm/engine"
	"coderm/engine/llama"
)

// process is a child, alive or dead.
type process struct {
	log  *slog.Logger
	cmd  *exec.Cmd
	said tail // on standard error
	gone chan struct{}
	err  error // how it ended, once gone

	opened opened

	mu       sync.Mutex // of all below
	orders   *gob.Encoder
	pipe     *os.File
	calls    map[int]chan report
	next     int
	fruitful bool // it has drawn a sample or computed a state
}

// start starts a child and has it load the model. An error may be a *failure.
func start(ctx context.Context, c llama.Config, onlyGPU bool, log *slog.Logger) (*process, error) {
	config, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	level := slog.LevelDebug
	for level < slog.LevelError && !log.Enabled(ctx, level) {
		level += slog.LevelInfo - slog.LevelDebug
	}
	p := &process{log: log, gone: make(chan struct{}), calls: map[int]chan report{}}
	opens := make(chan report, 1)
	p.calls[0], p.next = opens, 1
	if err := p.spawn(); err != nil {
		return nil, fmt.Errorf("start the model's process: %w", err)
	}
	if err := p.orders.Encode(opening{Config: config, Level: level, OnlyGPU: onlyGPU}); err != nil {
		p.kill()
		return nil, p.death()
	}
	select {
	case r := <-opens:
		if r.Failed != nil {
			p.kill()
			return nil, r.Failed
		}
		p.opened = r.Opened
		return p, nil
	case <-p.gone:
		return nil, p.death()
	case <-ctx.Done():
		p.kill()
		return nil, context.Cause(ctx)
	}
}

// spawn starts the program once more. The thread that starts it waits for it: Linux
// takes the end of that thread for the parent's (prctl(2), PR_SET_PDEATHSIG).
func (p *process) spawn() error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	ordersOut, ordersIn, err := os.Pipe()
	if err != nil {
		return err
	}
	reportsOut, reportsIn, err := os.Pipe()
	if err != nil {
		return errors.Join(err, ordersOut.Close(), ordersIn.Close())
	}
	p.cmd = &exec.Cmd{
		Path: exe, Args: []string{"coderm", Command}, Stderr: &p.said,
		ExtraFiles:  []*os.File{ordersOut, reportsIn},
		SysProcAttr: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
	}
	p.pipe, p.orders = ordersIn, gob.NewEncoder(ordersIn)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		ordersOut.Close()
		reportsIn.Close()
		started <- err
		if err == nil {
			p.read(reportsOut)
			p.err = p.cmd.Wait()
			close(p.gone)
		}
		ordersIn.Close()
		reportsOut.Close()
	}()
	return <-started
}

// read hands reports to their calls until the child closes the pipe.
func (p *process) read(from *os.File) {
	d := gob.NewDecoder(from)
	for {
		var r report
		if d.Decode(&r) != nil {
			return
		}
		if r.Kind == logged {
			attrs := make([]any, len(r.Log.Attrs))
			for i, a := range r.Log.Attrs {
				attrs[i] = a
			}
			p.log.Log(context.Background(), r.Log.Level, r.Log.Message, attrs...)
			continue
		}
		p.mu.Lock()
		to := p.calls[r.Call]
		p.fruitful = p.fruitful || r.Kind == sample || r.State != nil
		p.mu.Unlock()
		to <- r // has room: a call has one report waiting at most
	}
}

// begin gives a call its number and where its reports arrive.
func (p *process) begin() (number int, reports <-chan report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	number = p.next
	p.next++
	c := make(chan report, 1)
	p.calls[number] = c
	return number, c
}

func (p *process) end(call int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, call)
}

// send gives an order. If the child is gone, that is told by p.gone.
func (p *process) send(o order) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.orders.Encode(o)
}

// embed is Embed, by this child.
func (p *process) embed(ctx context.Context, prompt engine.Prompt) ([]float32, error) {
	call, reports := p.begin()
	defer p.end(call)
	p.send(order{Call: call, Kind: embed, Prompt: prompt})
	defer context.AfterFunc(ctx, func() { p.send(order{Call: call, Kind: cancel}) })()
	r, err := receive(reports, p)
	switch {
	case err != nil:
		return nil, err
	case r.Failed == nil:
		return r.State, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	return nil, r.Failed.unserved(func(n int) int { return n })
}

// kill ends the child and waits for its end.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// death is the end of a child that nobody asked for.
type death struct {
	text string
	// aborted: ggml gave up, as it does when a device has no memory left within a step.
	aborted bool
}

func (d *death) Error() string { return d.text }

// death says how the child ended, and what it said last.
func (p *process) death() error {
	<-p.gone
	why := "it ended too early"
	if p.err != nil {
		why = p.err.Error()
	}
	if last := p.said.last(); last != "" {
		why += ": " + last
	}
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return &death{"the model's process died: " + why, ok && status.Signaled() && status.Signal() == syscall.SIGABRT}
}

func (f *failure) Error() string { return f.Text }

// tail keeps the end of what is written to it. It is read after the last write.
type tail struct{ text []byte }

const tailBytes = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	if n := len(t.text) - tailBytes; n > 0 {
		t.text = append(t.text[:0], t.text[n:]...)
	}
	return len(b), nil
}

// last is the last lines, as one.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.text)), "\n")
	return strings.Join(lines[max(0, len(lines)-2):], "; ")
}
