package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/rerank"
)

// fakeExecutor passes programs that contain the test's text. A program "slow N" needs
// N fuel for it.
type fakeExecutor struct {
	ran    []string // by whom, on what, with which fuel
	broken bool
}

func (f *fakeExecutor) Run(_ context.Context, programs []string, tests []problem.Test, b Bound, yield func(i, j int, c Checked) error) error {
	for i, p := range programs {
		for j, test := range tests {
			fuel := b.Call + b.Fuel
			f.ran = append(f.ran, fmt.Sprintf("%s on %s: %d", p, test.Code, fuel))
			c := Checked{Outcome: rerank.Fail, Fuel: 3e9, Detail: "differs"}
			if strings.Contains(p, test.Code) {
				c.Outcome = rerank.Pass
			}
			var need uint64
			if _, err := fmt.Sscanf(p, "slow %d", &need); err == nil && fuel > 0 && fuel < need && strings.Contains(p, test.Code) {
				c = Checked{Outcome: rerank.Timeout, Fuel: fuel, Detail: "out of fuel"}
			}
			if f.broken && p == "b" {
				c.Outcome = rerank.Unrun
			}
			if err := yield(i, j, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Print gives the program's text; none that says "fails" comes to its end.
func (f *fakeExecutor) Print(_ context.Context, program string) ([]byte, bool, error) {
	f.ran = append(f.ran, "prints "+program)
	return []byte(program), program != "fails", nil
}

// judged is what Judge says of each program.
func judged(f *fakeExecutor, p problem.Problem, programs []string, checks []Check) ([]string, error) {
	out := make([]string, len(programs))
	err := Judge(context.Background(), f, p, programs, checks, func(k int, j Judged) error {
		if out[k] != "" {
			return fmt.Errorf("%s is judged twice", programs[k])
		}
		if out[k] = "right"; !j.Right {
			out[k] = j.Why.String()
		}
		return nil
	})
	return out, err
}

func TestJudge(t *testing.T) {
	p := problem.Problem{ID: "P/1", Canonical: "1"}
	least := Bound{Fuel: 5e9}
	f := &fakeExecutor{}
	got, err := judged(f, p, []string{"return 1", "2", "slow 1000000000 1", "slow 11000000000 1", "slow 13000000000 1"}, []Check{{Test: problem.PythonTest("1"), Least: least}})
	if err != nil || !slices.Equal(got, []string{"right", "differs", "right", "right", "no answer within the time limit"}) {
		t.Fatalf("%q, %v", got, err)
	}
	want := []string{
		"1 on 1: 0", // the canonical solution, which takes 3e9: candidates may take four times that
		"return 1 on 1: 400000000", "2 on 1: 400000000", "slow 1000000000 1 on 1: 400000000", "slow 11000000000 1 on 1: 400000000", "slow 13000000000 1 on 1: 400000000",
		// 4e9 are more than a quarter of that, and so not tried.
		"slow 1000000000 1 on 1: 12000000000", "slow 11000000000 1 on 1: 12000000000", "slow 13000000000 1 on 1: 12000000000",
	}
	if d := cmp.Diff(want, f.ran); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A program that is slow on one input, and wrong on another, is not waited for.
func TestJudgeProbes(t *testing.T) {
	check := Check{
		Test: problem.PythonTest("all"), Least: Bound{Call: 100e9},
		Probes: []Probe{{problem.PythonTest("one"), "f(1)"}, {problem.PythonTest("two"), "f(2)"}},
	}
	f := &fakeExecutor{}
	got, err := judged(f, problem.Problem{ID: "P/1"}, []string{"slow 200000000000 all one", "slow 200000000000 all one two"}, []Check{check})
	if err != nil || !slices.Equal(got, []string{"differs", "f(1): no answer within the time limit"}) {
		t.Errorf("%q, %v", got, err)
	}
	if slices.Contains(f.ran, "slow 200000000000 all one on all: 100000000000") {
		t.Errorf("what is wrong got all its fuel: %q", f.ran)
	}
}

// What never ends may say so on the input that takes longest, and one that takes long is
// right there.
func TestJudgeHardest(t *testing.T) {
	check := Check{
		Test: problem.PythonTest("all"), Least: Bound{Call: 100e9},
		Hardest: &Probe{problem.PythonTest("one"), "f(1)"},
	}
	f := &fakeExecutor{}
	got, err := judged(f, problem.Problem{ID: "P/1"}, []string{"slow 50000000000 all one", "slow 200000000000 all one", "slow 50000000000 all two"}, []Check{check})
	if err != nil || !slices.Equal(got, []string{"right", "f(1): no answer within the time limit", "differs"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, wrong := range []string{"slow 200000000000 all one on all: 100000000000", "slow 50000000000 all two on all: 100000000000"} {
		if slices.Contains(f.ran, wrong) {
			t.Errorf("what is wrong got all its fuel: %q", f.ran)
		}
	}
}

// The bound of a call grows until the canonical solution keeps to a quarter of it.
func TestCanonicalBound(t *testing.T) {
	f := &fakeExecutor{}
	p := problem.Problem{ID: "P/1", Canonical: "slow 6000000000 1"}
	if _, err := judged(f, p, []string{"1 slow"}, []Check{{Test: problem.PythonTest("1"), Least: Bound{Call: 8e9}}}); err != nil {
		t.Fatal(err)
	}
	if want := "slow 6000000000 1 on 1: 8000000000"; !slices.Contains(f.ran, want) || len(f.ran) != 4 {
		t.Errorf("%q lacks %q", f.ran, want)
	}
}

// A reference takes the canonical solution's place, and gives the check that candidates
// get; where it fails, the check itself runs.
func TestReference(t *testing.T) {
	p := problem.Problem{ID: "P/1", Canonical: "1"}
	for program, want := range map[string][]string{
		"0.6":   {"prints 0.6", "2 on 2: 50000000"},
		"fails": {"prints fails", "1 on 1: 2500000000", "2 on 1: 50000000"},
	} {
		var longest float64
		check := Check{Test: problem.PythonTest("1"), Least: Bound{Call: 10e9}, Reference: &Reference{program, func(printed []byte) (Check, float64, error) {
			_, err := fmt.Sscan(string(printed), &longest)
			return Check{Test: problem.PythonTest("2")}, longest, err
		}}}
		f := &fakeExecutor{}
		got, err := judged(f, p, []string{"2"}, []Check{check})
		if err != nil || (got[0] == "right") != (program == "0.6") {
			t.Errorf("%s: %q, %v", program, got, err)
		}
		if d := cmp.Diff(want, f.ran); d != "" {
			t.Errorf("%s: (-want +got):\n%s", program, d)
		}
		// 0.6 s are 15e9 fuel: the bound is four times the next of 2.5e9, 5e9, 10e9, 20e9.
		j := judging{ex: f, problem: p}
		if b, err := j.canonical(context.Background(), &check); program == "0.6" && (err != nil || b.Call != 80e9) {
			t.Errorf("%s: %+v, %v", program, b, err)
		}
	}
}

func TestJudgeScoresNothingItCannotTrust(t *testing.T) {
	for name, c := range map[string]struct {
		p      problem.Problem
		checks []Check
		broken bool
		want   string
	}{
		"canonical fails": {problem.Problem{ID: "P/1", Canonical: "return 2"}, []Check{{Test: problem.PythonTest("1")}}, false, "canonical solution does not pass: differs"},
		"no test":         {problem.Problem{ID: "P/1", Canonical: "return 2"}, nil, false, "no hidden test"},
		"sandbox failure": {problem.Problem{ID: "P/1", Canonical: "1"}, []Check{{Test: problem.PythonTest("1")}}, true, "the sandbox failed on solution 1"},
	} {
		_, err := judged(&fakeExecutor{broken: c.broken}, c.p, []string{"1", "b"}, c.checks)
		var unscored *Unscored
		if !errors.As(err, &unscored) || !strings.Contains(unscored.Reason, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJudgeWantsEveryCheckPassed(t *testing.T) {
	f := &fakeExecutor{}
	checks := []Check{{Test: problem.PythonTest("a"), Least: Bound{Fuel: 7}}, {Test: problem.PythonTest("b"), Least: Bound{Fuel: 8}}}
	got, err := judged(f, problem.Problem{ID: "P/1"}, []string{"a b", "a", "b", "c"}, checks)
	if err != nil || !slices.Equal(got, []string{"right", "differs", "differs", "differs"}) {
		t.Errorf("%q, %v", got, err)
	}
	if want := []string{"a b on a: 7", "a on a: 7", "b on a: 7", "c on a: 7", "a b on b: 8", "a on b: 8"}; !slices.Equal(f.ran, want) {
		t.Errorf("ran %q, want %q", f.ran, want)
	}
}

func TestChecksOf(t *testing.T) {
	plus := problem.Problem{ID: "P/1", Check: "check", Canonical: "c", EntryPoint: "f", Extra: map[string]json.RawMessage{"base_input": json.RawMessage("[[1]]")}}
	for _, c := range []struct {
		p     problem.Problem
		truth GroundTruth
		want  string // in the check, or in the error
	}{
		{plus, GroundCheck, "check"},
		{plus, GroundBest, "_coderm_evalplus(f"},
		{plus, GroundBase, "_coderm_evalplus(f"},
		{problem.Problem{ID: "P/1", Check: "check"}, GroundBest, "check"},
		{problem.Problem{ID: "P/1", Check: "check"}, GroundPlus, "no EvalPlus inputs"},
		{problem.Problem{ID: "P/1"}, GroundBest, "no hidden test"},
	} {
		checks, err := ChecksOf(c.p, c.truth, DefaultPatience())
		got := fmt.Sprint(err)
		if err == nil {
			got = checks[0].Test.Code
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%q: %.60q, want %q in it", c.truth, got, c.want)
		}
	}
}
