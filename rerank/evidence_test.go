package rerank

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Four solutions and two generated tests: the two that fail a public test agree,
// and would win by that.
func TestNarrowing(t *testing.T) {
	m := parse("11", "11", "10", "00")
	m.SetWeight(3, 2)
	e := Evidence{Matrix: m, Public: [][]Outcome{{Pass, Fail}, {Fail, Error}, {Pass, Pass}, {Pass, Pass}}}
	for name, want := range map[string][]int{"majority": {0, 1}, "majority+public": {2}, "auto+public": {2}, "codet/class+public": {2}} {
		s, err := Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, winners(s.Rank(e))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// A test that did not run neither rules a row out nor lets it rule others out: a
// solution that breaks the sandbox gains nothing by it.
func TestNarrowingWithoutVerdicts(t *testing.T) {
	e := Evidence{Matrix: NewMatrix(4, 0), Public: [][]Outcome{{Unrun, Unrun}, {Pass, Fail}, {Fail, Unrun}, {Fail, Fail}}}
	got := winners(Selector{Rule: Majority, Public: true}.Rank(e))
	if d := cmp.Diff([]int{0, 1, 2}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What nobody generated stays whatever tests are drawn.
func TestSelectKeepsPublicTests(t *testing.T) {
	e := Evidence{Matrix: parse("11", "10"), Public: [][]Outcome{{Pass, Fail, Unrun}, {Pass, Pass, Unrun}}, Outputs: &Outputs{}}
	s := e.Select([]int{1}).Reweigh([]int{2, 1}).Split()
	if s.PublicTests() != 3 || s.PublicPassed(0) != 1 || s.PublicPassed(1) != 2 || s.Outputs != e.Outputs || s.Tests() != 1 || s.Weight(0) != 2 {
		t.Errorf("%d public tests, passed %d and %d; %d tests, weight %d", s.PublicTests(), s.PublicPassed(0), s.PublicPassed(1), s.Tests(), s.Weight(0))
	}
}
