package sandbox

import (
	"bytes"
	"crypto/sha256"
	"sync"
	"sync/atomic"
)

// A test apart from its solutions is a machine that asks and is answered: where
// two solutions have answered alike, it asks the same next, and gives the same
// verdict. So its moves are kept as a tree that each solution is led through;
// the test itself runs only where an answer is new.
//
// What the test sees beside the answers would make that wrong: the fuel used so
// far, from which its clock is made, and calls that come back from the solution.
// From there on nothing is kept (pair.alone).

// Bounds of what is kept.
const (
	maxMove   = 64 << 10  // bytes of a request
	maxTrace  = 4 << 20   // bytes of a test's requests, and of the answers of one solution
	maxTraces = 256 << 20 // bytes of the requests of tests that run together
)

// trace is the tree of one test's moves. It is safe for concurrent use.
type trace struct {
	mu   sync.Mutex
	root *move
	size int
	room *atomic.Int64 // left to all tests that run together; nil: to this one as much as there may be
}

// move is what the test does after the answers so far.
type move struct {
	request []byte   // nil: it is over,
	verdict *Verdict // with this
	fuel    uint64   // of the test's own, until here
	setup   uint64   // of that, before the test began
	grown   int      // by how many bytes the test's memory, until here
	next    map[answerKey]*move
}

type answerKey = [sha256.Size]byte

// answers is how far a solution was led through the tree.
type answers struct {
	moves  []*move
	given  [][]byte
	fuel   []uint64 // that each took
	used   uint64   // their sum
	size   int      // bytes given
	forged bool     // by a fuzzer: whatever the test asks
}

// add notes an answer, if there is room for it.
func (a *answers) add(answer []byte) bool {
	if a.size += len(answer); a.size > maxTrace {
		return false
	}
	a.given = append(a.given, bytes.Clone(answer))
	return true
}

// first gives the first move, nil before any is known.
func (t *trace) first() *move {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.root
}

// after gives the move that follows an answer, nil for a new one.
func (t *trace) after(m *move, answer answerKey) *move {
	t.mu.Lock()
	defer t.mu.Unlock()
	return m.next[answer]
}

// add notes the move that follows the last answer, if there is room.
func (t *trace) add(a *answers, m move) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := &t.root
	var last *move
	var key answerKey
	if n := len(a.moves); n > 0 {
		last, key = a.moves[n-1], sha256.Sum256(a.given[n-1])
		known := last.next[key]
		at = &known
	}
	if *at == nil {
		n := len(m.request) + 200
		if len(m.request) > maxMove || t.size+n > maxTrace || t.room != nil && t.room.Add(-int64(n)) < 0 {
			a.moves = nil // what follows is not kept either
			return
		}
		t.size += n
		m.request = bytes.Clone(m.request)
		*at = &m
		if last != nil {
			if last.next == nil {
				last.next = map[answerKey]*move{}
			}
			last.next[key] = *at
		}
	}
	a.moves = append(a.moves, *at)
}

// record is told each request of the test, and at last its verdict.
func (p *pair) record(m move) {
	if p.judge.mem.Denied() {
		p.alone = true // how much it may have depends on the solution's memory
	}
	if p.trace == nil || p.alone || (p.asked > 0 && p.led.moves == nil) {
		return
	}
	p.trace.add(p.led, m)
	p.asked++
	if p.led.moves == nil {
		p.alone = true
	}
}

// replayed gives the answer that the solution has given already to the test's
// next request; false when the test asks on.
func (p *pair) replayed(request []byte) ([]byte, bool, error) {
	k := p.asked
	if p.trace == nil || p.alone || k >= len(p.led.given) {
		return nil, false, nil
	}
	if !p.led.forged && !bytes.Equal(request, p.led.moves[k].request) {
		p.astray = true
		return nil, false, errOver
	}
	p.asked++
	return p.led.given[k], true, nil
}

// withTraces gives the tests trees of their own.
func withTraces(tests []compiled) {
	room := new(atomic.Int64)
	room.Store(maxTraces)
	for k := range tests {
		if tests[k].blob != nil {
			tests[k].trace = &trace{room: room}
		}
	}
}

// clone keeps a verdict's parts from being shared by its readers.
func (v Verdict) clone() *Verdict {
	v.Methods = append([]Method(nil), v.Methods...)
	return &v
}
