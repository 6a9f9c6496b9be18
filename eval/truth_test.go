package eval

import (
	"context"
	"errors"
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

func (f *fakeExecutor) Run(_ context.Context, programs []string, check string, fuel uint64) ([]Checked, error) {
	f.fuel = append(f.fuel, fuel)
	out := make([]Checked, len(programs))
	for i, p := range programs {
		out[i] = Checked{Outcome: rerank.Fail, Fuel: 3e9, Detail: "differs"}
		if strings.Contains(p, check) {
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
	right, err := Judge(context.Background(), f, p, []string{"return 1", "return 2"}, GroundBest)
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
		broken bool
		want   string
	}{
		"canonical fails": {problem.Problem{ID: "P/1", Canonical: "return 2", Check: "1"}, false, "canonical solution does not pass: differs"},
		"no test":         {problem.Problem{ID: "P/1", Canonical: "return 2"}, false, "no hidden test"},
		"sandbox failure": {problem.Problem{ID: "P/1", Canonical: "1", Check: "1"}, true, "the sandbox failed on solution 1"},
	} {
		_, err := Judge(context.Background(), &fakeExecutor{broken: c.broken}, c.p, []string{"1", "1"}, GroundBest)
		var unscored *Unscored
		if !errors.As(err, &unscored) || !strings.Contains(unscored.Reason, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Judge(context.Background(), &fakeExecutor{}, problem.Problem{ID: "P/1", Check: "1"}, nil, GroundPlus)
	if err == nil || !strings.Contains(err.Error(), "no EvalPlus inputs") {
		t.Errorf("plus without inputs: %v", err)
	}
}

func TestLabelMatchesRowsToSamples(t *testing.T) {
	m := Problem{ID: "P/1", Matrix: rerank.NewMatrix(2, 0), Samples: []int{0, 1, 0}}
	p := problem.Problem{ID: "P/1", Canonical: "1", Check: "1"}
	solutions := func(codes ...string) [][]problem.Solution {
		var out []problem.Solution
		for _, c := range codes {
			out = append(out, problem.Solution{TaskID: p.ID, Code: c})
		}
		return [][]problem.Solution{out}
	}
	label := func(codes ...string) ([]Problem, []Excluded, error) {
		return LabelAll(context.Background(), &fakeExecutor{}, []Problem{m, {ID: "P/2"}}, []problem.Problem{p}, solutions(codes...), GroundBest, nil)
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
