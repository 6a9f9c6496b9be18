package eval

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"coderm/rerank"
)

// Problems of two platforms, with one test that three of four candidates pass, one of
// them wrong; the run chose the sample that is given.
func TestGroups(t *testing.T) {
	problemOf := func(id, platform, difficulty string, candidates, right, chosen int) Problem {
		m := rerank.NewMatrix(candidates, 1)
		p := Problem{ID: id, Platform: platform, Difficulty: difficulty, Chosen: chosen, Right: make([]bool, candidates)}
		for i := range candidates {
			p.Samples = append(p.Samples, i)
			p.Right[i] = i < right
			if i < candidates-1 {
				m.Set(i, 0, rerank.Pass)
			}
		}
		p.Matrix = m
		return p
	}
	problems := []Problem{
		problemOf("a", "codeforces", "1600", 4, 2, 0), problemOf("b", "codeforces", "1999", 4, 0, 1),
		problemOf("c", "atcoder", "800", 3, 2, 1), problemOf("d", "", "", 4, 4, -1),
	}
	s, err := Run(context.Background(), problems, Options{Selectors: []rerank.Selector{{Rule: rerank.Majority}}, Draws: 1})
	if err != nil {
		t.Fatal(err)
	}
	half, one := 0.5, 1.0
	accuracy := func(share float64) map[string]float64 { return map[string]float64{"majority": share} }
	want := []Group{
		{By: "platform", Problems: 1, Least: 4, Most: 4, Random: 1, Oracle: 1, Accuracy: accuracy(1)},
		{By: "platform", Name: "atcoder", Problems: 1, Least: 3, Most: 3, Random: 2. / 3, Oracle: 1, Chosen: &one, Accuracy: accuracy(1)},
		{By: "platform", Name: "codeforces", Problems: 2, Least: 4, Most: 4, Random: 0.25, Oracle: 0.5, Chosen: &half, Accuracy: accuracy(1. / 3)},
		{By: "difficulty", Problems: 1, Least: 4, Most: 4, Random: 1, Oracle: 1, Accuracy: accuracy(1)},
		{By: "difficulty", Name: "800 to 1199", Problems: 1, Least: 3, Most: 3, Random: 2. / 3, Oracle: 1, Chosen: &one, Accuracy: accuracy(1)},
		{By: "difficulty", Name: "1600 to 1999", Problems: 2, Least: 4, Most: 4, Random: 0.25, Oracle: 0.5, Chosen: &half, Accuracy: accuracy(1. / 3)},
		{By: "all", Problems: 4, Least: 3, Most: 4, Random: (0.5 + 2./3 + 1) / 4, Oracle: 0.75, Accuracy: accuracy((2./3 + 0 + 1 + 1) / 4)},
	}
	if d := cmp.Diff(want, s.Groups, cmpopts.EquateApprox(0, 1e-9)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	var b strings.Builder
	if err := s.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"codeforces", "1600 to 1999", "not said", "3 to 4"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("%q is not in\n%s", line, b.String())
		}
	}
	for k := range problems {
		problems[k].Platform, problems[k].Difficulty = "", ""
	}
	if s, err = Run(context.Background(), problems, Options{Draws: 1}); err != nil || s.Groups != nil {
		t.Errorf("%v, %v", s.Groups, err)
	}
}

func TestBand(t *testing.T) {
	for difficulty, want := range map[string]string{"": "", "easy": "easy", "7": "7", "399": "399", "400": "400 to 799", "2100": "2000 to 2399", "-800": "-800"} {
		if got := band(difficulty); got != want {
			t.Errorf("%q: %q, want %q", difficulty, got, fmt.Sprint(want))
		}
	}
}
