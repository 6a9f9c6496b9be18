package sandbox

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"coderm/problem"
)

// checkerProgram runs a problem's checker, a Python program by testlib's protocol: a
// program that is given the files of the input, the output and the answer.
//
//go:embed checker.py
var checkerProgram string

// The statuses of testlib's checkers that are a verdict on the output.
const (
	checkerRight     = 0
	checkerWrong     = 1
	checkerMalformed = 2
)

// maxCheckerSays is how much of what a checker prints is kept, in bytes.
const maxCheckerSays = 4 << 10

// withChecker makes a test of standard input ready: of one with a program for a checker
// also that.
func (w *worker) withChecker(ctx context.Context, test *problem.Test, lim Limits) compiled {
	c := compiled{stdio: test}
	if test.Compare.Kind == problem.CheckPython {
		c.checker = w.checkerOf(ctx, lim)
	}
	return c
}

// checkerOf is what runs a problem's own program for a checker.
func (w *worker) checkerOf(ctx context.Context, lim Limits) *Program {
	return &Program{source: checkerProgram, compiled: w.source(ctx, checkerProgram, programSource, lim)}
}

// stdio runs one program as __main__ with an input on standard input, by itself, and has
// what it printed judged when it has ended. Nothing that is expected is in the program's
// memory, and nothing of the program is left but its output.
func (w *worker) stdio(src string, blob []byte, t compiled, lim Limits) (Verdict, error) {
	test := t.stdio
	// The limit is for what is printed beyond that; blanks are no difference.
	lim.Output += 2 * int64(len(test.Expected))
	var out Execution
	solution := &Program{source: src, compiled: compiled{blob: blob}}
	v, err := w.program(solution, Input{Stdin: test.Input}, lim, &shown{out: &out, keep: int(lim.Output)})
	if err != nil || v.Kind != Pass {
		return v, err
	}
	ok, why := true, ""
	if t.checker == nil {
		ok, why = test.Compare.Accepts(out.Stdout, []byte(test.Expected))
	} else {
		var fault *Verdict
		if ok, why, fault, err = w.accepts(t.checker, test, out.Stdout, lim); fault != nil || err != nil {
			if fault != nil {
				fault.Fuel = v.Fuel
				v = *fault
			}
			return v, err
		}
	}
	if !ok {
		v.Kind, v.Detail, v.Failures = Fail, why, 1
	}
	return v, nil
}

// accepts runs a checker on an output. A checker that fails, by its own word or because
// it does not come to its end, has no verdict: that is a fault and nobody's success.
func (w *worker) accepts(checker *Program, test *problem.Test, output []byte, lim Limits) (ok bool, why string, fault *Verdict, err error) {
	if fail := checker.compiled.fail; fail != nil {
		return false, "", fail, nil // our own text: this is an Infra verdict
	}
	limits := DefaultLimits()
	limits.Memory = lim.Memory
	files := map[string][]byte{
		"checker.py": []byte(test.Compare.Source),
		"input.txt":  []byte(test.Input),
		// A checker that reads text should not fail on an output that is none.
		"output.txt": []byte(strings.ToValidUTF8(string(output), "�")),
		"answer.txt": []byte(test.Expected),
	}
	run := Execution{Exit: -1}
	v, err := w.program(checker, Input{Files: files}, limits, &shown{out: &run, keep: maxCheckerSays})
	if err != nil {
		return false, "", nil, err
	}
	says := problem.ShortText(string(run.Stderr) + " " + string(run.Stdout))
	switch {
	case v.Kind == Pass && run.Exit == checkerRight:
		return true, "", nil, nil
	case v.Kind == Error && (run.Exit == checkerWrong || run.Exit == checkerMalformed):
		if says == "" {
			says = fmt.Sprintf("exit status %d", run.Exit)
		}
		return false, "checker: " + says, nil, nil
	}
	if v.Kind != Error || says == "" {
		says = v.Kind.String() + ": " + v.Detail
	}
	return false, "", &Verdict{Kind: Infra, Detail: "the problem's checker failed: " + says}, nil
}
