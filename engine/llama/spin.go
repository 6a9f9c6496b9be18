package llama

/*
#include "shim.h"
*/
import "C"

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
)

// spinner decides how computing threads wait for each other, some hundred times
// a token. Spinning is fastest as long as each has a core to itself. As soon as
// anything else runs there, our own sandbox or another program, whoever spins
// keeps the one it waits for from running, and generation falls to a hundredth
// (docs/performance.md). So before each step it looks how many threads run on the
// machine.
type spinner struct {
	load    *os.File // nil: do not adapt
	threads int      // that compute
	cores   int
	calm    int // steps since others last wanted our cores
	buf     [64]byte
}

const (
	spinCount = 2000 // some 80 µs, longer than most waits
	calmSteps = 8    // quiet steps before spinning again
)

// newSpinner adapts where there is something to wait for, and the user has not
// decided otherwise by OpenMP's own settings.
func newSpinner(threads int) *spinner {
	s := &spinner{threads: threads, cores: runtime.NumCPU(), calm: calmSteps}
	if threads < 2 || os.Getenv("GOMP_SPINCOUNT") != "" || os.Getenv("OMP_WAIT_POLICY") != "" {
		return s
	}
	if f, err := os.Open("/proc/loadavg"); err == nil {
		s.load = f
	}
	return s
}

func (s *spinner) close() {
	if s.load != nil {
		s.load.Close()
	}
}

// adapt is called between steps, when of the computing threads only the
// caller's runs.
func (s *spinner) adapt() {
	if s.load == nil {
		return
	}
	n, _ := s.load.ReadAt(s.buf[:], 0) // always short of the buffer: io.EOF
	s.note(runningThreads(s.buf[:n]))
	count := 0
	if s.calm >= calmSteps {
		count = spinCount
	}
	C.cm_set_spin(C.uint64_t(count))
}

// note takes in how many threads run on the machine, the caller's included.
func (s *spinner) note(running int) {
	if others := running - 1; others+s.threads > s.cores {
		s.calm = 0
	} else {
		s.calm++
	}
}

// runningThreads reads the fourth field of /proc/loadavg, "running/all"; 0 when
// it is not there.
func runningThreads(loadavg []byte) int {
	fields := bytes.Fields(loadavg)
	if len(fields) < 4 {
		return 0
	}
	running, _, _ := bytes.Cut(fields[3], []byte("/"))
	n, err := strconv.Atoi(string(running))
	if err != nil {
		return 0
	}
	return n
}
