package replay

import (
	"slices"
	"testing"

	"coderm/budget"
	"coderm/rerank"
)

// A classifier divides a budget alike whether it knows the hidden states
// beforehand or learns of them with the first tests.
func TestProberDividesAlike(t *testing.T) {
	c := fitted(t)
	known, _ := knownOf(synthetic(30, 12, 9))
	const tests = 150
	before, err := budget.PlannerWith(c, budget.PolicyDifficulty, known, len(known), tests, rerank.Selector{Rule: rerank.Majority})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]int, len(known))
	grants, _ := before.Next()
	for _, g := range grants {
		want[g.Problem] += g.Tests
	}
	if total(want) != tests || slices.Max(want) == slices.Min(want) {
		t.Fatalf("%v: want an uneven division of %d", want, tests)
	}

	texts := slices.Clone(known)
	for i := range texts {
		texts[i].Hidden = nil
	}
	p, err := budget.PlannerWith(c, budget.PolicyDifficulty, texts, len(texts), tests, rerank.Selector{Rule: rerank.Majority})
	if err != nil {
		t.Fatal(err)
	}
	prober := p.(budget.Prober)
	got := make([]int, len(known))
	grants, _ = prober.Next()
	for k, g := range grants {
		if again, done := prober.Next(); len(again) > 0 || done {
			t.Fatalf("with %d problems unobserved: %v, %v", len(grants)-k, again, done)
		}
		got[g.Problem] += g.Tests
		hidden := make([]float32, len(known[g.Problem].Hidden))
		for j, v := range known[g.Problem].Hidden {
			hidden[j] = float32(v)
		}
		if err := prober.Probe(g.Problem, hidden); err != nil {
			t.Fatal(err)
		}
		prober.Observe(g.Problem, rerank.Evidence{})
	}
	if slices.Max(got) != 1 || slices.Min(got) != 1 {
		t.Fatalf("the first round is %v, want a test each", got)
	}
	for done := false; !done; {
		grants, done = prober.Next()
		for _, g := range grants {
			got[g.Problem] += g.Tests
			prober.Observe(g.Problem, rerank.Evidence{})
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("divided %v, with the states known beforehand %v", got, want)
	}
	for _, bad := range [][]float32{nil, {1, 2}} {
		if err := prober.Probe(0, bad); err == nil {
			t.Errorf("a state of %d values was accepted", len(bad))
		}
	}
}

func total(tests []int) int {
	n := 0
	for _, k := range tests {
		n += k
	}
	return n
}
