package llama

/*
#include "shim.h"
*/
import "C"

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// spinner decides how computing threads wait for each other, some hundred times
// a token. Spinning is fastest as long as each has a core to itself. As soon as
// anything else runs there, our own sandbox or another program, whoever spins
// keeps the one it waits for from running, and generation falls to a hundredth
// (docs/performance.md). So after each step it looks how long the scheduler's
// thread, which computes too, stood ready for a core that another had.
//
// Only a step with spinning tells: sleeping threads are woken on each other's
// cores and wait for one on an idle machine too. So after a crowded step there is
// less spinning, after another there is none, and after a pause, twice as long
// each time, a step with a little of it tries again.
type spinner struct {
	stat   *os.File // schedstat of the scheduler's thread; nil: do not adapt
	waited int64    // ns that it had waited for a core, when last looked at
	since  time.Time
	buf    [96]byte
	spinPolicy
}

// spinPolicy is the rule by itself.
type spinPolicy struct {
	calm  int // steps in a row with spinning that nobody disturbed
	pause int // steps to go without spinning
	next  int // the length of the next pause
}

const (
	tryCount   = 2000  // some 80 µs: what a step loses to others is bounded
	spinCount  = 50000 // some 2 ms: longer than the sampling between two steps
	calmSteps  = 8     // with tryCount, before spinCount
	crowded    = 0.2   // share of a step spent waiting for a core
	firstPause = 8
	lastPause  = 128
)

// newSpinner adapts where there is something to wait for, and the user has not
// decided otherwise by OpenMP's own settings. It is called on the thread that
// will compute.
func newSpinner(threads int) *spinner {
	s := &spinner{spinPolicy: spinPolicy{next: firstPause}}
	if threads < 2 || os.Getenv("GOMP_SPINCOUNT") != "" || os.Getenv("OMP_WAIT_POLICY") != "" {
		return s
	}
	if f, err := os.Open(fmt.Sprintf("/proc/self/task/%d/schedstat", unix.Gettid())); err == nil {
		s.stat, s.since = f, time.Now()
		s.waited = s.runDelay()
	}
	return s
}

func (s *spinner) close() {
	if s.stat != nil {
		s.stat.Close()
	}
}

// adapt is called between steps.
func (s *spinner) adapt() {
	if s.stat == nil {
		return
	}
	now, waited := time.Now(), s.runDelay()
	s.step(time.Duration(waited-s.waited), now.Sub(s.since))
	s.waited, s.since = waited, now
	// void coderm_set_spin(uint64_t n)
	C.coderm_set_spin(C.uint64_t(s.count()))
}

// step takes in how much of the last step the thread waited for a core.
func (p *spinPolicy) step(waited, took time.Duration) {
	switch {
	case p.pause > 0:
		p.pause--
	case float64(waited) > crowded*float64(took):
		if p.calm < calmSteps {
			p.pause, p.next = p.next, min(2*p.next, lastPause)
		}
		p.calm = 0
	default:
		if p.calm++; p.calm >= calmSteps {
			p.next = firstPause
		}
	}
}

// count is how often a thread is to look before it sleeps.
func (p *spinPolicy) count() int {
	switch {
	case p.pause > 0:
		return 0
	case p.calm < calmSteps:
		return tryCount
	}
	return spinCount
}

// runDelay is how long the thread has waited on a run queue, in ns: the second
// field of schedstat (Documentation/scheduler/sched-stats.rst in Linux).
func (s *spinner) runDelay() int64 {
	n, _ := s.stat.ReadAt(s.buf[:], 0) // always short of the buffer: io.EOF
	return parseRunDelay(s.buf[:n])
}

// parseRunDelay reads a schedstat; 0 when it is none.
func parseRunDelay(schedstat []byte) int64 {
	fields := bytes.Fields(schedstat)
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}
