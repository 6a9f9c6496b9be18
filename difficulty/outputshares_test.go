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
	for _, c := range []struct {
		drawn int
		p     OutputShares
		want  bool
	}{
		{4, OutputShares{Calls: 1, Agree: 0.9}, true},
		{3, OutputShares{Calls: 1, Agree: 1}, false},
		{100, OutputShares{Calls: 1, Agree: 0.89}, false},
		{100, OutputShares{Agree: 1}, false},
	} {
		p := Pilot{Drawn: c.drawn, Outputs: c.p}
		if got := p.Settled(); got != c.want {
			t.Errorf("%d tests, %+v: %v", c.drawn, c.p, got)
		}
	}
}
