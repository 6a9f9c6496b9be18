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

// What was judged before the work ended is not judged again.
func TestJudgingGoesOn(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	o, err := journal.Take(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	j, err := o.Journal(t.Context(), journal.Fingerprint{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	p := problem.Problem{ID: "a", EntryPoint: "f", Check: "assert f(1) == 2"}
	checks, err := eval.ChecksOf(p, eval.GroundCheck, eval.DefaultPatience())
	if err != nil {
		t.Fatal(err)
	}
	programs := []string{"def f(x): return 2", "def f(x): return 3", "def f(x): return x + 1"}
	judging := Judging{&Judge{box, JudgeLimits()}, j}
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
