package eval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coderm/problem"
	"coderm/rerank"
)

// fakeExecutor passes programs that contain the check's text.
type fakeExecutor struct {
	fuel   []uint64
	broken bool
}

func (f *fakeExecutor) Run(_ context.Context, programs []string, check problem.Test, fuel uint64) ([]Checked, error) {
	f.fuel = append(f.fuel, fuel)
	out := make([]Checked, len(programs))
	for i, p := range programs {
		out[i] = Checked{Outcome: rerank.Fail, Fuel: 3e9, Detail: "differs"}
		if strings.Contains(p, check.Code) {
			out[i].Outcome = rerank.Pass
		}
		if f.broken && i > 0 {
			out[i].Outcome = rerank.Unrun
		}
	}
	return out, nil
}

func TestJudge(t *testing.T) {
	p := problem.Problem{ID: "P/1", Canonical: "return 1", Check: "1"}
	f := &fakeExecutor{}
	right, err := Judge(context.Background(), f, p, []string{"return 1", "return 2"}, []Check{{problem.PythonTest(p.Check), 5e9}})
	if err != nil || !right[0] || right[1] {
		t.Fatalf("right = %v, %v", right, err)
	}
	if f.fuel[0] != 0 || f.fuel[1] != 12e9 {
		t.Errorf("fuel %v: want no limit for the canonical solution, then four times what it took", f.fuel)
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
		_, err := Judge(context.Background(), &fakeExecutor{broken: c.broken}, c.p, []string{"1", "1"}, c.checks)
		var unscored *Unscored
		if !errors.As(err, &unscored) || !strings.Contains(unscored.Reason, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestJudgeWantsEveryCheckPassed(t *testing.T) {
	f := &fakeExecutor{}
	right, err := Judge(context.Background(), f, problem.Problem{ID: "P/1"}, []string{"a b", "a", "b", "c"}, []Check{{problem.PythonTest("a"), 7}, {problem.PythonTest("b"), 8}})
	if err != nil || !slices.Equal(right, []bool{true, false, false, false}) {
		t.Errorf("right = %v, %v", right, err)
	}
	if !slices.Equal(f.fuel, []uint64{7, 8}) {
		t.Errorf("fuel %v without a canonical solution", f.fuel)
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

func TestLabelMatchesRowsToSamples(t *testing.T) {
	m := Problem{ID: "P/1", Evidence: rerank.Evidence{Matrix: rerank.NewMatrix(2, 0)}, Samples: []int{0, 1, 0}}
	p := problem.Problem{ID: "P/1", Canonical: "1", Check: "1"}
	solutions := func(codes ...string) [][]problem.Solution {
		var out []problem.Solution
		for _, c := range codes {
			out = append(out, problem.Solution{TaskID: p.ID, Code: c})
		}
		return [][]problem.Solution{out}
	}
	label := func(codes ...string) ([]Problem, []Excluded, error) {
		return LabelAll(context.Background(), &fakeExecutor{}, []Problem{m, {ID: "P/2"}}, []problem.Problem{p}, solutions(codes...), func(int) ([]Check, error) { return []Check{{Test: problem.PythonTest(p.Check)}}, nil }, nil)
	}
	scored, excluded, err := label("2", "1", "2")
	if err != nil || len(scored) != 1 || scored[0].Right[0] || !scored[0].Right[1] {
		t.Errorf("scored %+v, %v", scored, err)
	}
	if len(excluded) != 1 || excluded[0].ID != "P/2" {
		t.Errorf("excluded %+v", excluded)
	}
	if _, _, err := label("2", "1", "1"); err == nil {
		t.Error("reordered solutions are accepted")
	}
	if _, _, err := label("2", "1"); err == nil {
		t.Error("too few solutions are accepted")
	}
}
