package run

import (
	"context"
	"errors"
	"testing"

	"coderm/eval"
	"coderm/journal"
	"coderm/problem"
	"coderm/sandbox"
)

// newJudging judges in a sandbox and a journal for the length of a test.
func newJudging(t *testing.T) Judging {
	t.Helper()
	box, err := sandbox.New(t.Context(), sandbox.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	o, err := journal.Take(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	j, err := o.Journal(t.Context(), journal.Fingerprint{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return Judging{&Judge{box, JudgeLimits()}, j}
}

// What the first check alone has found wrong is not judged again by more checks.
func TestJudgingWrongBefore(t *testing.T) {
	judging := newJudging(t)
	p := problem.Problem{ID: "a", EntryPoint: "f"}
	var tests []problem.TestLine
	for _, code := range []string{"assert f(1) == 2", "assert f(5) == 6"} {
		tests = append(tests, problem.TestLine{Test: problem.PythonTest(code)})
	}
	checks, err := eval.HiddenChecks(p, tests, eval.DefaultPatience())
	if err != nil {
		t.Fatal(err)
	}
	programs := []string{"def f(x): return 2", "def f(x): return 3", "def f(x): return x + 1"}
	for _, c := range []struct {
		checks []eval.Check
		known  int
		right  [3]bool
	}{{checks[:1], 0, [3]bool{true, false, true}}, {checks, 1, [3]bool{false, false, true}}} {
		known := 0
		got, err := judging.Problem(t.Context(), 0, p, programs, []int{0, 1, 4}, c.checks, func(old bool) {
			if old {
				known++
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if right := [3]bool{got[0].Right, got[1].Right, got[2].Right}; known != c.known || right != c.right || got[1].Why.Got == "" {
			t.Errorf("%d checks: %+v, %d known before, want %d", len(c.checks), got, known, c.known)
		}
	}
}

// What was judged before the work ended is not judged again.
func TestJudgingGoesOn(t *testing.T) {
	judging := newJudging(t)
	p := problem.Problem{ID: "a", EntryPoint: "f", Check: "assert f(1) == 2"}
	checks, err := eval.ChecksOf(p, eval.GroundCheck, eval.DefaultPatience())
	if err != nil {
		t.Fatal(err)
	}
	programs := []string{"def f(x): return 2", "def f(x): return 3", "def f(x): return x + 1"}
	ctx, stop := context.WithCancel(t.Context())
	_, err = judging.Problem(ctx, 0, p, programs, []int{0, 1, 4}, checks, func(bool) { stop() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	for _, want := range []int{1, 3} {
		known := 0
		got, err := judging.Problem(t.Context(), 0, p, programs, []int{0, 1, 4}, checks, func(old bool) {
			if old {
				known++
			}
		})
		if err != nil || known != want || !got[0].Right || got[1].Right || !got[2].Right || got[1].Why.Got == "" {
			t.Errorf("%+v, %d known before, want %d; %v", got, known, want, err)
		}
	}
	other, err := eval.ChecksOf(p, eval.GroundCheck, eval.Patience{Check: 1})
	if err != nil || judging.digest(p, checks) == judging.digest(p, other) {
		t.Errorf("other limits have the same digest (%v)", err)
	}
}
