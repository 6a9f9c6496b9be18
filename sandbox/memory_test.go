package sandbox

import (
	"coderm/problem"

	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/internal/testkit"
)

// TestHostMemory runs solutions whose state is large: the process may take the
// memory limit and a fixed sum, and where no checkpoint can be kept, or kept no
// longer, the verdicts must be those of each pair by itself.
func TestHostMemory(t *testing.T) {
	const solution = `
import random
state = []
try:
    while len(state) < %d:
        state.append(bytearray(random.randbytes(4096)) * 256)
except MemoryError:
    state.pop()
def fill(n):
    more = [bytearray(b"x") * (1 << 20) for _ in range(n)]
    state.append(more[0])
    return len(state)
def size():
    return len(state)
`
	lim := Limits{Memory: 192 << 20}
	s := newSandbox(t, Options{Workers: 1})
	for _, c := range []struct {
		mib  int
		kept bool // a checkpoint, to the row's end
	}{{20, true}, {80, false}, {1 << 20, false}} {
		t.Run(fmt.Sprint(c.mib), func(t *testing.T) {
			pair := Pair{Solution: fmt.Sprintf(solution, c.mib)}
			tests := problem.PythonTests([]string{"assert size() > 10", "assert fill(1) > 10", "assert fill(1) == fill(1) - 1", "fill(70)", "assert fill(1) > 10", "fill(200)"})
			var want []Verdict
			for _, pair.Test = range tests {
				v, err := s.Run(context.Background(), pair, lim)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, v)
			}
			before := resetPeak(t)
			got := make([]Verdict, len(tests))
			err := s.Matrix(context.Background(), []string{pair.Solution}, tests, lim, func(_, j int, v Verdict) error {
				got[j] = v
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("-alone +in a row:\n%s", d)
			}
			if want[0].Kind != Pass || want[5].Kind != Memory {
				t.Errorf("verdicts %v", want)
			}
			// What the process had before includes some of the guest's memory.
			if more := peak(t) - before; more > lim.Memory+spare+16<<20 {
				t.Errorf("took %d MiB more of the host, with a limit of %d MiB", more>>20, lim.Memory>>20)
			}
			var kept bool
			s.do(context.Background(), func(w *worker) { kept = w.kept })
			s.do(context.Background(), func(*worker) {}) // when this one is taken, the other is over
			if kept != c.kept {
				t.Errorf("a checkpoint is kept: %v", kept)
			}
		})
	}
}

// resetPeak starts a new measurement of the process's memory and returns what it
// has now, in bytes.
func resetPeak(t *testing.T) int64 {
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Log(err)
		testkit.Skip(t, testkit.NoPages)
	}
	return peak(t)
}

// peak is the most memory that the process has had since resetPeak, in bytes.
func peak(t *testing.T) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb int64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		t.Fatal(err)
	}
	return kb << 10
}
