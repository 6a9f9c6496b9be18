package sandbox

// A loaded solution is deterministic: from its checkpoint, the same requests get
// the same answers for the same fuel. Tests of one problem often ask the same of
// it and differ in what they expect, so its answers are kept while it is loaded,
// and where all that a test asks is known, nothing runs at all.
//
// A call that never ends is asked again by each test that makes it, and each
// test leaves it a little more or less fuel. So it is given a little beyond, and
// known to need more than that.
//
// An answer for which the solution looked at its clock, or was given a part of
// the fuel, depends on more than requests; from there on nothing is kept.

// memo is what the solution that is loaded has answered, as a tree of requests.
type memo struct {
	start reply
	size  int // bytes kept
}

// reply is the solution's answer to one request after those before it.
type reply struct {
	key   answerKey // of the answer
	fuel  uint64    // that it took, or did not end within
	lines []byte    // where its exceptions came from so far: worker.lines
	next  map[string]*reply

	endless bool // it did not end

	size  int // bytes of the solution's memory then
	limit int // of that memory, if it was denied more; 0: it was not
}

// fits tells whether the reply to a request, or the end of the test, would be the
// same with the memory that the test leaves there.
func (r *reply) fits(m *move, lim Limits) bool {
	left := int(lim.Memory) - m.grown
	return r.size <= left && (r.limit == 0 || r.limit == left)
}

// beyond is how much fuel a led call gets above its limit.
func beyond(lim Limits) uint64 { return min(lim.Fuel>>8, 8<<20) }

// replyCost is what a reply takes beside its bytes, about.
const replyCost = 250

// add notes the answer to a request after at, and gives its place; nil when
// there is no room.
func (m *memo) add(at *reply, request []byte, r reply) *reply {
	if known := at.next[string(request)]; known != nil {
		return known
	}
	n := len(request) + len(r.lines) + replyCost
	if len(request) > maxMove || m.size+n > maxTrace {
		return nil
	}
	m.size += n
	if at.next == nil {
		at.next = map[string]*reply{}
	}
	at.next[string(request)] = &r
	return &r
}

// recall gives the verdict that the tree leads to by known answers alone; nil
// when there is none, or when the fuel might not suffice for it.
func (w *worker) recall(t *trace, m *move, lim Limits) *Verdict {
	at, used := &w.memo.start, uint64(0)
	for m != nil && m.request != nil {
		at = at.next[string(m.request)]
		if at == nil || !at.fits(m, lim) {
			return nil
		}
		used += at.fuel
		if over := w.fuel+m.fuel+used > lim.Fuel; over && at.endless {
			return outOfFuel(lim)
		} else if over || at.endless || w.fuel+m.fuel+used == lim.Fuel {
			return nil
		}
		m = t.after(m, at.key)
	}
	if m == nil || m.grown+at.size > int(lim.Memory) {
		return nil
	}
	v := *m.verdict
	v.Fuel = w.fuel + m.fuel + used
	v = placed(v, at.lines)
	return &v
}
