package sandbox

import (
	"context"
	"testing"

	"coderm/problem"
)

func (r *reply) count() int {
	n := 0
	for _, next := range r.next {
		n += 1 + next.count()
	}
	return n
}

// TestWhatIsKept: an answer is kept unless the solution has looked at its clock, which
// another test with the same requests may find at another time. TestAnswersKept cannot
// tell: such an answer carries the time, and is seldom the answer of another.
func TestWhatIsKept(t *testing.T) {
	tests := problem.PythonTests([]string{"assert f(1) == 1", "assert f(1) == 2", "assert f(2) == 2"})
	for name, c := range map[string]struct {
		solution string
		kept     int
	}{
		"no clock":             {"def f(x):\n    return x\n", 3},                                      // the names, and two calls
		"while it is loaded":   {"import time\nstart = time.time_ns()\ndef f(x):\n    return x\n", 0}, // the first answer tells the time
		"in each call":         {"import time\ndef f(x):\n    time.time_ns()\n    return x\n", 1},
		"in one of the calls":  {"import time\ndef f(x):\n    return time.time_ns() if x == 2 else x\n", 2},
		"sleeps in each call":  {"import time\ndef f(x):\n    time.sleep(1)\n    return x\n", 1},
		"ends in no call of 1": {"def f(x):\n    while x == 1: pass\n    return x\n", 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, Options{Workers: 1})
			solutions := []string{"def f(x):\n    return None\n", c.solution}
			err := s.Matrix(context.Background(), solutions, tests, Limits{Fuel: 20e6}, func(int, int, Verdict) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			onWorker(t, s, func(w *worker) {
				if n := w.memo.start.count(); n != c.kept {
					t.Errorf("%d answers are kept, want %d", n, c.kept)
				}
			})
		})
	}
}
