package difficulty

import (
	"math"
	"testing"

	"coderm/rerank"
)

func TestOutputShares(t *testing.T) {
	o, err := rerank.NewOutputs(
		[][]int{{0, 0}, {0, 1}, {1, 1}, {0, 0}},
		[][]rerank.Kind{{rerank.Returned, rerank.Raised}, {rerank.Returned, rerank.Returned}})
	if err != nil {
		t.Fatal(err)
	}
	m := rerank.NewMatrix(4, 0)
	m.SetWeight(3, 5)
	for _, rule := range []rerank.Rule{rerank.Vote, rerank.Auto} {
		p, _ := Observe(rerank.Evidence{Matrix: m, Outputs: o}, rerank.Selector{Rule: rule}, 4)
		// The posterior is the samples' shares, 1/8 each but for the last one's 5/8: it
		// agrees with 7/8 on the first call and with 6/8 on the second.
		want := OutputShares{Calls: 2, Agree: 13. / 16, Returned: 15. / 16, Common: 13. / 16}
		got := p.Outputs
		if got.Calls != want.Calls || math.Abs(got.Agree-want.Agree)+math.Abs(got.Returned-want.Returned)+math.Abs(got.Common-want.Common) > 1e-6 {
			t.Errorf("%s: %+v, want %+v", rule, got, want)
		}
	}
	p, _ := Observe(rerank.Evidence{Matrix: m}, rerank.Default, 4)
	if p.Outputs != (OutputShares{}) {
		t.Errorf("nothing observed, but %+v", p.Outputs)
	}
}

func TestSettled(t *testing.T) {
	vote, auto := rerank.Selector{Rule: rerank.Vote}, rerank.Selector{Rule: rerank.Auto}
	for _, c := range []struct {
		name  string
		sel   rerank.Selector
		pilot Pilot
		want  bool
	}{
		{"one candidate", auto, Pilot{Candidates: 1}, true},
		{"no calls", vote, Pilot{Candidates: 2, Drawn: 9, Outputs: OutputShares{Agree: 1}}, false},
		{"all return the same, no test", vote, Pilot{Candidates: 2, Outputs: OutputShares{Calls: 1, Agree: 1}}, false},
		{"all return the same, one test", vote, Pilot{Candidates: 2, Drawn: 1, Outputs: OutputShares{Calls: 1, Agree: 1}}, true},
		{"and the selector does not look at it", auto, Pilot{Candidates: 2, Drawn: 1, Outputs: OutputShares{Calls: 1, Agree: 1}}, false},
		{"nearly all, one test", vote, Pilot{Candidates: 2, Drawn: 1, Outputs: OutputShares{Calls: 1, Agree: 0.95}}, false},
		{"nearly all, two tests", vote, Pilot{Candidates: 2, Drawn: 2, Outputs: OutputShares{Calls: 1, Agree: 0.95}}, true},
		{"many tests", vote, Pilot{Candidates: 2, Drawn: 100, Outputs: OutputShares{Calls: 1, Agree: 0.89}}, false},
	} {
		if got := c.pilot.Settled(c.sel); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
