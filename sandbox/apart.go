package sandbox

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"coderm/sandbox/internal/wasmtime"
)

// maxMessage bounds what one side may send the other at once, in bytes.
const maxMessage = 256 << 20

// pair is a judge and a contestant at work. They run on one thread: while one
// calls the other, it waits.
type pair struct {
	judge, contestant *worker
	lim               Limits
	over              *Verdict // who died first, how

	leading bool     // there is no judge yet: the contestant is led through a trace
	trace   *trace   // nil: not kept
	led     *answers // what the contestant has answered
	asked   int      // requests of the judge
	alone   bool     // the judge saw more than answers: what follows is not kept
	within  bool     // the contestant serves a call of the judge's
	astray  bool     // the judge did not ask what it asked before
	setup   uint64   // fuel of the judge before the test began
	theirs  uint64   // fuel of the contestant's calls
	aside   uint64   // fuel of its copies
	copying bool     // one of them runs: it calls nobody, and ends nothing but itself
}

var errOver = errors.New("sandbox: the pair is over")

// join makes two workers' guests each other's other side.
func join(judge, contestant *worker, lim Limits) *pair {
	p := &pair{judge: judge, contestant: contestant, lim: lim}
	judge.guest.pair, contestant.guest.pair = p, p
	return p
}

func (p *pair) part() { p.judge.guest.pair, p.contestant.guest.pair = nil, nil }

// sides gives the worker that g is of, and the other.
func (p *pair) sides(g *guest) (own, other *worker) {
	if g == p.judge.guest {
		return p.judge, p.contestant
	}
	return p.contestant, p.judge
}

// call is the guest's import: it has the other side serve a message and leaves
// the answer in the caller's inbox.
func (g *guest) call(args []wasmtime.Raw) error {
	p := g.pair
	if p == nil || p.over != nil || p.copying {
		return errOver
	}
	if p.leading {
		p.leading = false // it calls the test, which is not there
		return errOver
	}
	own, other := p.sides(g)
	request := block{uint64(args[0].I32()), uint64(args[1].I32())}
	if g == p.judge.guest {
		if done, err := p.known(request, args); done || err != nil {
			return err
		}
	} else {
		p.alone = true
	}
	left := g.Left()
	p.leave(other, own)
	answer, err := p.serve(own, other, request)
	p.leave(own, other)
	if g == p.judge.guest {
		p.theirs += left - min(g.Left(), left)
	}
	if err == nil && g == p.judge.guest {
		err = p.keep(answer)
	}
	if err == nil {
		err = other.copyTo(own, answer)
	}
	if err != nil {
		p.end(other, err)
		return errOver
	}
	args[0].SetI32(uint32(answer.n))
	return nil
}

// leave gives w what the other side leaves of the pair's memory.
func (p *pair) leave(w, other *worker) { w.mem.Limit(int(p.lim.Memory) - other.grown()) }

// serve has the other side serve a request; the judge's has the fuel of a call,
// with what is called back meanwhile.
func (p *pair) serve(own, other *worker, request block) (block, error) {
	if p.lim.Call == 0 || p.within || own != p.judge {
		return own.send(other, request.at, request.n)
	}
	p.within = true
	own.guest.Allow(p.lim.Call)
	answer, err := own.send(other, request.at, request.n)
	own.guest.Allow(math.MaxUint64)
	p.within = false
	return answer, err
}

// keep notes an answer of the contestant's, if there is room.
func (p *pair) keep(answer block) error {
	if p.trace == nil || p.alone {
		return nil
	}
	got, err := p.contestant.block(answer)
	if err == nil && !p.led.add(got) {
		p.alone = true
	}
	return err
}

// known answers a request of the judge's with what the contestant has answered
// already, or notes the request.
func (p *pair) known(request block, args []wasmtime.Raw) (done bool, err error) {
	if p.trace == nil || p.alone {
		return false, nil
	}
	message, err := p.judge.block(request)
	if err != nil {
		return false, err
	}
	answer, done, err := p.replayed(message)
	if err != nil || !done {
		if err == nil {
			p.record(move{request: message, fuel: p.setup + p.judge.guest.Used() - p.theirs, setup: p.setup, grown: p.judge.grown()})
		}
		return false, err
	}
	fuel := p.led.fuel[p.asked-1]
	p.judge.guest.Spend(fuel)
	p.theirs += fuel
	return true, p.judge.receive(answer, args)
}

// block is a piece of a guest's memory.
type block struct{ at, n uint64 }

func (w *worker) block(b block) ([]byte, error) {
	mem := w.mem.Bytes()
	if b.at+b.n > uint64(len(mem)) || b.n > maxMessage {
		return nil, &wasmtime.Trap{Code: wasmtime.HostTrap, Message: "a message outside the memory, or too long"}
	}
	return mem[b.at:][:b.n], nil
}

// send has the other side serve the message at an address of w's memory.
func (w *worker) send(to *worker, at, n uint64) (answer block, err error) {
	if err := w.copyTo(to, block{at, n}); err != nil {
		return block{}, err
	}
	out, err := to.guest.Nested(w.guest.Instance, to.guest.serve, n)
	return block{out >> 32, out & 0xffffffff}, err
}

// copyTo copies a message into the inbox of the other side.
func (w *worker) copyTo(to *worker, b block) error {
	message, err := w.block(b)
	if err != nil {
		return err
	}
	return to.deliver(message, func(f *wasmtime.Func, n uint64) (uint64, error) {
		return to.guest.Nested(w.guest.Instance, f, n)
	})
}

// deliver puts a message into w's inbox; call calls w's guest.
func (w *worker) deliver(message []byte, call func(f *wasmtime.Func, n uint64) (uint64, error)) error {
	box, err := w.block(block{uint64(w.guest.inboxAt), 8})
	if err != nil {
		return err
	}
	at, room := binary.LittleEndian.Uint32(box), binary.LittleEndian.Uint32(box[4:])
	n := uint64(len(message))
	if at == 0 || uint64(room) < n {
		got, err := call(w.guest.room, n)
		if err != nil {
			return err
		}
		if at = uint32(got); at == 0 {
			return errNoMemory
		}
	}
	into, err := w.block(block{uint64(at), n})
	if err != nil {
		return err
	}
	copy(into, message)
	w.space.Own(int(at), len(message))
	return nil
}

// end notes the verdict of a pair in which w died.
func (p *pair) end(w *worker, err error) {
	if p.over != nil {
		return
	}
	v, fault := w.outcome(err, p.lim)
	if fault != nil {
		v = Verdict{Kind: Crash, Detail: fault.Error()}
	}
	if v.Kind == Pass { // a record of the contestant's own making
		v = Verdict{Kind: Crash, Detail: "ended without a verdict"}
	}
	p.over = &v
}

// refuse is the guest's import: the other side sent what it may not, or more
// than there is room for.
func (g *guest) refuse(args []wasmtime.Raw) error {
	p := g.pair
	if p == nil || p.over != nil || p.copying {
		return errOver
	}
	own := p.contestant
	if g != own.guest {
		own = p.judge
	}
	why, err := own.block(block{uint64(args[0].I32()), min(uint64(args[1].I32()), maxDetail)})
	v := Verdict{Kind: Crash, Detail: "between test and solution: " + oneLine(why)}
	if err != nil || args[2].I32() != 0 {
		v.Kind = Memory
	}
	p.over = &v
	return errOver
}

// aside is the guest's import: requests of the judge's, each served by a copy of the
// contestant. An answer of no length says that there is none.
func (g *guest) aside(args []wasmtime.Raw) error {
	p := g.pair
	if p == nil || p.over != nil || p.copying || p.judge == nil || g != p.judge.guest {
		return errOver
	}
	p.alone = true
	w, at := p.contestant, uint64(args[0].I32())
	message, err := p.judge.block(block{at, uint64(args[1].I32())})
	if err != nil {
		return err
	}
	var requests []block
	for rest := message; len(rest) > 4; {
		n := min(uint64(binary.LittleEndian.Uint32(rest)), uint64(len(rest)-4))
		requests = append(requests, block{at + uint64(len(message)-len(rest)) + 4, n})
		rest = rest[4+n:]
	}
	var answers []byte
	verdict := w.guest.verdict
	p.copying = true
	for range 2 {
		size := len(w.mem.Bytes())
		if answers, err = p.copies(requests); err != nil || len(w.mem.Bytes()) == size {
			break
		}
		// Memory does not shrink: by it a copy could tell how many were before it.
		answers = make([]byte, 4*len(requests))
	}
	p.copying, w.guest.verdict = false, verdict
	if err != nil {
		return err
	}
	return p.judge.receive(answers, args)
}

// What a copy costs the pair in fuel, beside what it uses and a unit for four bytes
// that the contestant's memory has grown by, and how long its answer may be.
const (
	copyFuel = 1 << 18
	maxAside = 64 << 10
)

// copies has each request served by a copy of the contestant as it is now, and gives
// the answers with their lengths.
func (p *pair) copies(requests []block) (answers []byte, err error) {
	w, g := p.contestant, p.judge.guest
	stack, err := w.guest.Global(stackPointer)
	if err != nil {
		return nil, err
	}
	if err := w.space.SetSize(w.mem.Bytes()); err != nil {
		return nil, err
	}
	fork, err := w.space.Fork()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, fork.Close()) }()
	p.leave(w, p.judge)
	defer p.leave(p.judge, w)
	for _, r := range requests {
		used := g.Used()
		g.Spend(copyFuel + uint64(w.grown())/4)
		answer, failed := p.judge.send(w, r.at, r.n)
		p.aside += g.Used() - used // to the next copy no time has passed
		var b []byte
		if failed == nil {
			if b, failed = w.block(answer); failed != nil || len(b) > maxAside {
				b = nil
			}
		}
		answers = append(binary.LittleEndian.AppendUint32(answers, uint32(len(b))), b...)
		if err := w.space.SetSize(w.mem.Bytes()); err != nil {
			return nil, err
		}
		if err := fork.Back(); err != nil {
			return nil, err
		}
		if err := w.guest.SetGlobal(stackPointer, stack); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

// receive puts bytes of ours into the inbox of w, which has called us, and their
// length into args.
func (w *worker) receive(b []byte, args []wasmtime.Raw) error {
	err := w.deliver(b, func(f *wasmtime.Func, n uint64) (uint64, error) {
		return w.guest.Nested(w.guest.Instance, f, n)
	})
	args[0].SetI32(uint32(len(b)))
	return err
}

// run runs one compiled test, in an instance of its own, on the solution that is
// loaded: from the checkpoint, or else on what load has left, which is then used up.
// It gives errCrowded for a test that has to be run without a checkpoint, errUsed for
// one that needs the solution loaded again.
func (w *worker) run(t compiled, lim Limits) (Verdict, error) {
	led := &answers{}
	if t.trace != nil {
		v, a, err := w.lead(t.trace, lim)
		if err != nil || v != nil {
			if v == nil {
				v = &Verdict{}
			}
			return *v, err
		}
		if led = a; led == nil {
			t.trace = nil
			if !w.kept { // it has been used
				return Verdict{}, errUsed
			}
			led = &answers{}
		}
	}
	v, astray, err := w.judged(t, led, lim)
	if astray {
		if !w.kept {
			return Verdict{}, errUsed
		}
		w.sb.opt.Log.Warn("a test did not ask again what it asked before")
		t.trace = nil
		v, _, err = w.judged(t, &answers{}, lim)
	}
	return v, err
}

// judged runs the test, against a solution that has answered some of its
// requests already. astray: it did not ask them.
func (w *worker) judged(t compiled, led *answers, lim Limits) (v Verdict, astray bool, err error) {
	if w.kept && len(led.given) == 0 {
		if err := w.back(lim); err != nil {
			return Verdict{}, false, err
		}
	}
	j, err := w.half(&w.judge, judge)
	if err != nil {
		return Verdict{}, false, err
	}
	if err := j.reset(lim); err != nil {
		return Verdict{}, false, err
	}
	p := join(j, w, lim)
	defer p.part()
	p.trace, p.led = t.trace, led
	p.leave(j, w)
	b := budget(lim)
	b.Fuel -= min(w.fuel, b.Fuel)
	err = w.inside(func() error {
		return j.inside(func() error {
			g := j.guest
			nonce := g.newNonce()
			w.guest.nonce, w.guest.verdict = w.nonce, nil
			if err := g.setOutput(lim.Output, &b); err != nil {
				return err
			}
			code, err := g.put(t.blob, &b)
			if err != nil {
				return err
			}
			p.setup = lim.Fuel - w.fuel - b.Fuel
			_, fuel, err := g.Call(g.judge, b, nonce, code, uint64(len(t.blob)))
			b.Fuel -= min(fuel, b.Fuel)
			return err
		})
	})
	if w.mem.Refused() || j.mem.Refused() {
		return Verdict{}, false, errCrowded
	}
	if p.over != nil {
		v, err = *p.over, nil
	} else if v, err = j.outcome(err, lim); err == nil && j.guest.verdict != nil && len(led.given) == len(led.moves) {
		p.record(move{verdict: v.clone(), fuel: lim.Fuel - b.Fuel - w.fuel - p.theirs, grown: j.grown()})
	}
	v.Fuel = lim.Fuel - b.Fuel
	return placed(v, w.lines()), p.astray, err
}

// errUsed says that the loaded solution has been used up and must be loaded again.
var errUsed = errors.New("sandbox: the solution must be loaded again")

// unknownLine begins the number that stands for the line where an exception of
// the contestant's came from: message.c.
var unknownLine = regexp.MustCompile(`\(solution\.py:1(\d{9})\)$`)

// maxLines is how many of those lines are kept: message.c.
const maxLines = 4096

// lines gives the table of the lines where exceptions of w's solution came from,
// four bytes each; of the memory, until that runs again.
func (w *worker) lines() []byte {
	box, err := w.block(block{uint64(w.guest.inboxAt) + 8, 8})
	if err != nil {
		return nil
	}
	at, n := binary.LittleEndian.Uint32(box), binary.LittleEndian.Uint32(box[4:])
	table, _ := w.block(block{uint64(at), 4 * uint64(min(n, maxLines))})
	return table
}

// placed puts the line, of a table of lines, into the detail of a verdict on a
// solution.
func placed(v Verdict, lines []byte) Verdict {
	m := unknownLine.FindStringSubmatchIndex(v.Detail)
	if m == nil {
		return v
	}
	k, _ := strconv.ParseUint(v.Detail[m[2]:m[3]], 10, 32)
	line := uint32(0)
	if at := 4 * k; at+4 <= uint64(len(lines)) {
		line = binary.LittleEndian.Uint32(lines[at:])
	}
	if line == 0 {
		v.Detail = strings.TrimRight(v.Detail[:m[0]], " ")
	} else {
		v.Detail = fmt.Sprintf("%s(solution.py:%d)", v.Detail[:m[0]], line)
	}
	return v
}
