package sandbox

import (
	"errors"
	"fmt"
	"time"

	"coderm/sandbox/internal/cow"
	"coderm/sandbox/internal/wasmtime"
)

// tick is how often running guests look at their deadline.
const tick = 10 * time.Millisecond

// spare is what a checkpoint may take of the host beside the guest's memory
// limit. A larger one is kept only while checkpoint and memory together stay
// within limit and spare.
const spare = 64 << 20

// maxCode bounds the code object of one text, in bytes: some times maxSource.
const maxCode = 8 * maxSource

// errCrowded says that a test wants memory that the checkpoint takes.
var errCrowded = errors.New("sandbox: no room for the checkpoint")

// worker runs guest code on a thread of its own, one instance after another
// over the same memory. Between any two runs the memory is put back to the
// start image or to the checkpoint "solution loaded".
type worker struct {
	sb      *Sandbox
	edition *edition
	mem     *wasmtime.Memory
	space   *cow.Space
	limit   *wasmtime.Deadline
	guest   *guest // nil until needed, and after its memory grew

	fuel uint64 // used by the solution that is loaded
	kept bool   // the checkpoint has that solution
	memo memo   // what that solution has answered

	greeting greeting // that it began some tests with

	nonce uint64 // of its loading: what it says of its end when a test runs has it

	// Its instances for the other roles, nil until needed: where tests run, and programs.
	judge, alone *worker
	packages     *worker // its instances of the edition with packages, nil until needed
}

func newWorker(sb *Sandbox) (*worker, error) {
	limit := wasmtime.NewDeadline()
	w, err := newHalf(sb, sb.library, contestant, limit)
	if err != nil {
		limit.Close()
	}
	return w, err
}

// newHalf makes a worker of one role, with a deadline that it may share.
func newHalf(sb *Sandbox, e *edition, r role, limit *wasmtime.Deadline) (*worker, error) {
	mem, err := wasmtime.NewMemory(e.start.size)
	if err != nil {
		return nil, err
	}
	space, err := cow.NewSpace(e.images[r], mem.Bytes(), sb.opt.Fresh)
	if err != nil {
		mem.Close()
		return nil, err
	}
	return &worker{sb: sb, edition: e, mem: mem, space: space, limit: limit}, nil
}

func (w *worker) close() {
	for _, of := range []*worker{w.packages, w} {
		if of == nil {
			continue
		}
		for _, half := range []*worker{of.judge, of.alone, of} {
			if half != nil {
				half.closeHalf()
			}
		}
	}
	w.limit.Close()
}

// half gives the worker's instance for another role, made when first needed. It shares
// the thread and the deadline.
func (w *worker) half(of **worker, r role) (*worker, error) {
	if *of == nil {
		half, err := newHalf(w.sb, w.edition, r, w.limit)
		if err != nil {
			return nil, fmt.Errorf("another instance: %w", err)
		}
		*of = half
	}
	return *of, nil
}

func (w *worker) closeHalf() {
	w.discard()
	w.space.Close()
	w.mem.Close()
}

// onAlone runs f on the worker's instance that is no part of a pair, from its start
// state. Before and after, what of its instances is not at work holds no more memory
// than it starts with.
func (w *worker) onAlone(lim Limits, f func(*worker) error) error {
	for _, of := range []*worker{w, w.judge} {
		if of != nil && of.grown() > 0 {
			if err := of.reset(lim); err != nil {
				return err
			}
		}
	}
	half, err := w.half(&w.alone, alone)
	if err != nil {
		return err
	}
	if err := half.reset(lim); err != nil {
		return err
	}
	err = f(half)
	return errors.Join(err, half.reset(lim))
}

// discard gives up the instance; the next rewind makes another.
func (w *worker) discard() {
	if w.guest != nil {
		w.guest.Close()
		w.guest = nil
	}
}

// reset goes back to the booted guest.
func (w *worker) reset(lim Limits) error {
	if err := w.space.Forget(); err != nil {
		return err
	}
	w.fuel, w.kept, w.memo, w.greeting = 0, false, memo{}, greeting{}
	return w.rewind(lim)
}

// rewind goes back to the checkpoint, or to the start when there is none.
func (w *worker) rewind(lim Limits) error {
	size := w.space.Size()
	if w.guest != nil && len(w.mem.Bytes()) != size {
		w.discard() // memory never shrinks under an instance
	}
	if len(w.mem.Bytes()) != size {
		if err := w.space.SetSize(w.mem.Bytes()[:size]); err != nil {
			return err
		}
		if err := w.mem.Resize(size); err != nil {
			return err
		}
	}
	if err := w.space.Restore(); err != nil {
		return err
	}
	if w.guest == nil {
		var err error
		if w.guest, err = newGuest(w.edition.module, w.mem, w.space, w.limit); err != nil {
			return err
		}
		w.space.Wrote() // it has run some code
	}
	w.mem.Limit(int(lim.Memory))
	w.mem.Bound(int(lim.Memory) + spare - w.space.Saved())
	return w.guest.SetGlobal(stackPointer, w.edition.start.stack)
}

// grown is by how many bytes the memory has grown since the start.
func (w *worker) grown() int { return len(w.mem.Bytes()) - w.edition.start.size }

// inside runs f, which calls into the guest, and takes note of what it wrote.
func (w *worker) inside(f func() error) error {
	w.space.Use()
	faults := w.mem.Faults()
	err := f()
	if w.mem.Faults() != faults {
		w.space.Wrote()
	}
	if e := w.space.SetSize(w.mem.Bytes()); e != nil {
		return e
	}
	return err
}

// budget is what lim allows for one call.
func budget(lim Limits) wasmtime.Budget {
	return wasmtime.Budget{Fuel: lim.Fuel, Ticks: uint64((lim.Wall+tick-1)/tick) + 1}
}

// compile turns a text into a code object. A text that does not compile gives a
// verdict instead.
func (w *worker) compile(text string, kind sourceKind, lim Limits) (blob []byte, v *Verdict, err error) {
	if len(text) > maxSource {
		return nil, &Verdict{Kind: Error, Errors: 1, Detail: fmt.Sprintf("source text of %d bytes; the limit is %d", len(text), maxSource)}, nil
	}
	err = w.onAlone(lim, func(w *worker) error {
		blob, v, err = w.compiling(text, kind, lim)
		return err
	})
	return blob, v, err
}

// compiling is compile in the instance that does it.
func (w *worker) compiling(text string, kind sourceKind, lim Limits) (blob []byte, v *Verdict, err error) {
	b := budget(lim)
	var out uint64
	err = w.inside(func() error {
		g := w.guest
		nonce := g.newNonce()
		at, err := g.put([]byte(text), &b)
		if err != nil {
			return err
		}
		out, _, err = g.Call(g.compile, b, nonce, at, uint64(len(text)), uint64(kind))
		return err
	})
	if err != nil || out == 0 {
		verdict, err := w.failure(err, lim)
		verdict.Fuel = 0 // compiling is not part of a pair's fuel
		return nil, &verdict, err
	}
	mem := w.mem.Bytes()
	at, n := out>>32, out&0xffffffff
	switch {
	case at+n > uint64(len(mem)):
		return nil, &Verdict{Kind: Crash, Detail: "compiled code outside the memory"}, nil
	case n > maxCode:
		return nil, &Verdict{Kind: Error, Errors: 1, Detail: fmt.Sprintf("compiles to %d bytes; the limit is %d", n, maxCode)}, nil
	}
	return append([]byte(nil), mem[at:at+n]...), nil, nil
}

// load runs a solution's top level from the start state. With keep set it makes
// the result the checkpoint, if there is room for one. A verdict means that the
// solution failed.
func (w *worker) load(src string, blob []byte, lim Limits, keep bool) (*Verdict, error) {
	if err := w.reset(lim); err != nil {
		return nil, err
	}
	b := budget(lim)
	var failed uint64
	err := w.inside(func() error {
		g := w.guest
		nonce := g.newNonce()
		w.nonce = nonce
		if err := g.setOutput(lim.Output, &b); err != nil {
			return err
		}
		code, err := g.put(blob, &b)
		if err != nil {
			return err
		}
		text, err := g.put([]byte(src), &b)
		if err != nil {
			return err
		}
		var fuel uint64
		failed, fuel, err = g.Call(g.load, b, nonce, code, uint64(len(blob)), text, uint64(len(src)))
		b.Fuel -= min(fuel, b.Fuel)
		if err == nil && uint32(failed) == 0 {
			return g.step(g.ready, &b, code, uint64(len(blob)))
		}
		return err
	})
	w.fuel = lim.Fuel - b.Fuel
	if err != nil || uint32(failed) != 0 {
		v, err := w.failure(err, lim)
		v.Fuel = w.fuel
		return &v, err
	}
	w.memo.start.size = len(w.mem.Bytes())
	if keep {
		w.kept, err = w.space.Checkpoint(int(lim.Memory) + spare - len(w.mem.Bytes()))
	}
	return nil, err
}

// failure is the outcome of a call that gives a verdict only when it fails.
func (w *worker) failure(err error, lim Limits) (Verdict, error) {
	v, err := w.outcome(err, lim)
	if err == nil && v.Kind == Pass {
		v = Verdict{Kind: Crash, Detail: "passed before a test ran"}
	}
	return v, err
}

// outcome is the verdict of a call that ended with err. The error it returns
// is our own fault: nothing that the guest does leads to one.
func (w *worker) outcome(err error, lim Limits) (Verdict, error) {
	var trap *wasmtime.Trap
	trapped := errors.As(err, &trap)
	switch {
	case w.guest.verdict != nil:
		v, err := parseRecord(w.guest.verdict)
		if err != nil { // only a guest whose memory was tampered with sends such
			v = Verdict{Kind: Crash, Detail: err.Error()}
		}
		return v, nil
	case errors.Is(err, errNoMemory):
		return Verdict{Kind: Memory, Detail: "no memory for the source text"}, nil
	case err == nil:
		return Verdict{Kind: Crash, Detail: "ended without a verdict"}, nil
	case !trapped:
		w.discard()
		return Verdict{}, err
	case trap.Code == wasmtime.OutOfFuel && w.guest.Part():
		return *outOfCall(), nil
	case trap.Code == wasmtime.OutOfFuel:
		return *outOfFuel(lim), nil
	case trap.Code == wasmtime.Interrupt:
		return Verdict{Kind: Timeout, Detail: fmt.Sprintf("over the wall time of %v", lim.Wall)}, nil
	case trap.Code == wasmtime.StackOverflow:
		return Verdict{Kind: Crash, Detail: "stack overflow"}, nil
	case trap.Code == wasmtime.OutOfBounds: // the guest's own stack lies at the memory's beginning
		return Verdict{Kind: Crash, Detail: "stack overflow, or another access outside the memory"}, nil
	}
	return Verdict{Kind: Crash, Detail: oneLine([]byte(trap.Message))}, nil
}

// outOfCall is the verdict of a pair that used the fuel of a call of the solution.
func outOfCall() *Verdict {
	return &Verdict{Kind: Timeout, Detail: "out of the fuel for one call"}
}

// outOfFuel is the verdict of a pair that used all its fuel.
func outOfFuel(lim Limits) *Verdict {
	return &Verdict{Kind: Timeout, Detail: fmt.Sprintf("out of fuel (%d)", lim.Fuel), Fuel: lim.Fuel}
}
