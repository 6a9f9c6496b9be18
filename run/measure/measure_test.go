package measure

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/eval"
	"coderm/journal"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

// tasks are problems that differ in what is returned, with a test each.
func tasks(n int) (out []task) {
	for k := range n {
		p := problem.Problem{ID: fmt.Sprint(k), EntryPoint: "f", Canonical: fmt.Sprintf("def f(x):\n    return x < %d", 5+k)}
		out = append(out, task{number: k, problem: p, tests: []problem.TestLine{{Test: problem.PythonTest("assert f(4)")}}})
	}
	return out
}

// What was measured before the work ended is not measured again, and by other mutants it
// is.
func TestMeasureGoesOn(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	o, err := journal.Take(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	j, err := o.Journal(t.Context(), journal.Fingerprint{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	judge := &run.Judge{Sandbox: box, Limits: run.JudgeLimits()}
	in := &Inputs{src: Sources{Mutants: 5}, tasks: tasks(6), journal: j}
	measure := func(ctx context.Context, stop func()) (study *eval.TestStudy, known int, err error) {
		study, err = in.Measure(ctx, judge, func(old bool) {
			if stop(); old {
				known++
			}
		})
		return study, known, err
	}
	ctx, stop := context.WithCancel(t.Context())
	if _, _, err := measure(ctx, stop); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped: %v", err)
	}
	first, known, err := measure(t.Context(), func() {})
	if err != nil || known == 0 || known == 6 || first.Problems != 6 || first.Mutants != 30 {
		t.Fatalf("%d known, %+v, %v", known, first, err)
	}
	again, known, err := measure(t.Context(), func() {})
	if d := cmp.Diff(first, again); err != nil || known != 6 || d != "" {
		t.Errorf("%d known, %v (-first +again):\n%s", known, err, d)
	}
	in.src.Mutants = 4
	if other, known, err := measure(t.Context(), func() {}); err != nil || known != 0 || other.Mutants != 24 {
		t.Errorf("%d known, %+v, %v", known, other, err)
	}
}

// A mutant that never ends is rejected, and soon: it may take ten times what the reference
// does. A test that never ends itself crashes. To count from -1 is the same by the hidden
// check, and to count from 1 or by twos by the one test that is right.
func TestMeasureEndless(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	p := problem.Problem{ID: "a", EntryPoint: "f", Canonical: "def f(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i", Check: "assert f(0) == 0 and f(3) == 3"}
	var tests []problem.TestLine
	for _, code := range []string{"assert f(2) == 2", "assert g(2) == 2", "while f(1): pass\nassert True", "assert f(2) == 3"} {
		tests = append(tests, problem.TestLine{Test: problem.PythonTest(code)})
	}
	in := &Inputs{src: Sources{Mutants: 100}, tasks: []task{{problem: p, tests: tests}}}
	study, err := in.Measure(t.Context(), &run.Judge{Sandbox: box, Limits: run.JudgeLimits()}, func(bool) {})
	if err != nil {
		t.Fatal(err)
	}
	of := study.Tests[0]
	if of.Number != 4 || of.Failing != 3 || of.Crashing != 2 || study.Equivalent != 1 || study.Mutants != 10 || of.Rejected != 8 {
		t.Errorf("%+v", study)
	}
}
