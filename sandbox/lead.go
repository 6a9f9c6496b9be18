package sandbox

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"coderm/sandbox/internal/wasmtime"
)

// course is a loaded solution on its way through a test's tree.
type course struct {
	w   *worker
	t   *trace
	lim Limits
	p   *pair
	m   *move    // what comes next, nil: unknown
	at  *reply   // its place in the memo, nil: not kept
	a   answers  // so far
	v   *Verdict // that the solution ended with
}

// lead leads the loaded solution through the tree. It gives the verdict, or what
// the solution has answered before its answer was new; nil when the pair has to
// be run from the start.
func (w *worker) lead(t *trace, lim Limits) (*Verdict, *answers, error) {
	m := t.first()
	if m == nil {
		return nil, &answers{}, nil
	}
	c := &course{w: w, t: t, lim: lim, m: m, at: &w.memo.start, p: &pair{contestant: w, lim: lim, leading: true}}
	if w.kept {
		if v := w.recall(t, m, lim); v != nil {
			return v, nil, nil
		}
		if err := c.start(); err != nil {
			return nil, nil, err
		}
	}
	w.guest.pair = c.p
	defer func() { w.guest.pair = nil }()
	w.guest.nonce, w.guest.verdict = w.nonce, nil
	for c.m != nil && c.m.request != nil && c.v == nil && c.p.leading {
		if err := c.next(); err == errOver {
			return nil, nil, nil
		} else if err != nil {
			return nil, nil, err
		}
	}
	if !c.p.leading || w.mem.Refused() {
		return nil, nil, nil
	}
	if c.v == nil && c.m != nil && len(w.mem.Bytes()) > int(lim.Memory)-c.m.grown {
		return nil, nil, nil
	}
	if c.v == nil && c.m != nil {
		whole := *c.m.verdict
		whole.Fuel = w.fuel + c.m.fuel + c.a.used
		c.v = &whole
	}
	if c.v != nil {
		*c.v = placed(*c.v, w.lines())
	}
	return c.v, &c.a, nil
}

// next has the solution serve the next request.
func (c *course) next() error {
	w, m := c.w, c.m
	before := w.fuel + m.fuel + c.a.used
	left := int(c.lim.Memory) - m.grown
	if before >= c.lim.Fuel || len(w.mem.Bytes()) > left {
		return errOver
	}
	w.mem.Limit(left)
	b := budget(c.lim)
	b.Fuel -= before
	b.Used = m.fuel - m.setup + c.a.used
	enough := b.Fuel
	limited := c.lim.Call > 0 && c.lim.Call <= enough
	if limited {
		b.Fuel, enough = c.lim.Call, c.lim.Call
	} else {
		b.Fuel += beyond(c.lim)
	}
	var answer []byte
	var fuel uint64
	var ended error
	if err := w.inside(func() error {
		answer, fuel, ended = w.ask(m.request, b)
		return nil
	}); err != nil {
		return err
	}
	switch {
	case limited && outran(ended) && c.p.leading && c.p.over == nil && w.guest.verdict == nil:
		c.v = outOfCall()
		c.v.Fuel = before + fuel
	case fuel > enough:
		if !c.p.leading || c.p.over != nil || w.guest.verdict != nil {
			return errOver // it may have ended otherwise before that
		}
		if c.at != nil && !c.p.alone && outran(ended) && w.kept {
			w.memo.add(c.at, m.request, w.reply(reply{fuel: fuel, endless: true}, left))
		}
		c.v = outOfFuel(c.lim)
	case ended == nil:
		return c.keep(answer, fuel)
	case c.p.leading:
		c.p.end(w, ended)
		c.v = c.p.over
		c.v.Fuel = before + fuel
	}
	return nil
}

// keep notes the answer to the next request, and goes on.
func (c *course) keep(answer []byte, fuel uint64) error {
	w, m := c.w, c.m
	key := sha256.Sum256(answer)
	if c.at != nil {
		if c.p.alone || !w.kept || w.mem.Refused() {
			c.at = nil
		} else {
			c.at = w.memo.add(c.at, m.request, w.reply(reply{key: key, fuel: fuel, lines: bytes.Clone(w.lines())}, int(c.lim.Memory)-m.grown))
		}
	}
	c.answered(answer, key, fuel)
	if len(c.a.given) == 1 && c.at != nil {
		return w.greet(m.request, answer, c.at)
	}
	return nil
}

func (c *course) answered(answer []byte, key answerKey, fuel uint64) {
	c.a.moves, c.a.given, c.a.fuel = append(c.a.moves, c.m), append(c.a.given, answer), append(c.a.fuel, fuel)
	c.a.used += fuel
	c.a.size += len(answer)
	if c.m = c.t.after(c.m, key); c.a.size > maxTrace {
		c.m = nil // the test itself goes on from here
	}
}

// reply notes in r what it took of memory, of which w was left some.
func (w *worker) reply(r reply, left int) reply {
	r.size = len(w.mem.Bytes())
	if w.mem.Denied() {
		r.limit = left
	}
	return r
}

// greeting is the first request that a loaded solution has answered. Most tests of
// a problem begin with the same one, for the names they use, so there is a
// checkpoint after it.
type greeting struct {
	request, answer []byte
	reply           *reply // nil: no checkpoint yet
}

// maxGreeting bounds what that checkpoint saves, in bytes.
const maxGreeting = 1 << 20

// start puts the solution back to where it was loaded, or to where it had answered
// the first request.
func (c *course) start() error {
	w, g := c.w, c.w.greeting
	if g.reply == nil || !bytes.Equal(g.request, c.m.request) || w.fuel+c.m.fuel+g.reply.fuel > c.lim.Fuel || !g.reply.fits(c.m, c.lim) {
		return w.back(c.lim)
	}
	c.at = g.reply
	c.answered(g.answer, g.reply.key, g.reply.fuel)
	return w.rewind(c.lim)
}

// greet notes the answer to a first request, with a checkpoint if it was the first
// of the test before, too.
func (w *worker) greet(request, answer []byte, r *reply) error {
	if !bytes.Equal(request, w.greeting.request) {
		w.greeting = greeting{request: request}
		return nil
	}
	kept, err := w.space.Checkpoint(maxGreeting)
	if kept {
		w.greeting.answer, w.greeting.reply = answer, r
	}
	return err
}

// back puts the loaded solution back to where it has answered nothing.
func (w *worker) back(lim Limits) error {
	if w.greeting.reply != nil {
		if err := w.space.Uncheck(); err != nil {
			return err
		}
		w.greeting.reply = nil
	}
	return w.rewind(lim)
}

// outran tells whether a call ended with the last of its fuel.
func outran(err error) bool {
	var trap *wasmtime.Trap
	return errors.As(err, &trap) && trap.Code == wasmtime.OutOfFuel
}

// ask has the solution serve a message of ours.
func (w *worker) ask(message []byte, b wasmtime.Budget) (answer []byte, used uint64, err error) {
	before := b.Fuel
	call := func(f *wasmtime.Func, n uint64) (uint64, error) {
		r, fuel, err := w.guest.Call(f, b, n)
		fuel -= b.Used
		b.Fuel -= min(fuel, b.Fuel)
		b.Used += fuel
		return r, err
	}
	if err = w.deliver(message, call); err == nil {
		var out uint64
		if out, err = call(w.guest.serve, uint64(len(message))); err == nil {
			var got []byte
			if got, err = w.block(block{out >> 32, out & 0xffffffff}); err == nil {
				answer = bytes.Clone(got)
			}
		}
	}
	return answer, before - b.Fuel, err
}
