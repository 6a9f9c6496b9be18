package rerank

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Whatever pairs are out of a first limit, knowing those of the rows in play leads to
// the choice that knowing all does.
func TestInPlayLeadsToTheSameChoice(t *testing.T) {
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		tried, hidden := e, 0
		tried.Matrix, tried.Public = rows(e, upTo(e.Rows())).Matrix, nil
		slow := func(o Outcome) Outcome {
			if rapid.Bool().Draw(t, "slow") {
				hidden++
				return Slow
			}
			return o
		}
		for i := range e.Rows() {
			loops := rapid.IntRange(0, 2).Draw(t, "loops") == 0
			for j := range e.Cols() {
				if loops {
					tried.Set(i, j, slow(e.At(i, j)))
				}
			}
			if e.Public == nil {
				continue
			}
			tried.Public = append(tried.Public, slices.Clone(e.Public[i]))
			for j := range tried.Public[i] {
				if loops {
					tried.Public[i][j] = slow(e.Public[i][j])
				}
			}
		}
		for i, in := range s.PublicInPlay(tried) {
			if in {
				tried.Public[i] = e.Public[i]
			}
		}
		for i, in := range s.InPlay(tried) {
			for j := 0; in && j < e.Cols(); j++ {
				tried.Set(i, j, e.At(i, j))
			}
		}
		if d := cmp.Diff(ChoiceOf(e.Matrix, s.Rank(e)), ChoiceOf(tried.Matrix, s.Rank(tried))); d != "" {
			t.Errorf("%d outcomes hidden (-all known +in play known):\n%s", hidden, d)
		}
	})
}

// What cannot matter stays as it is.
func TestInPlay(t *testing.T) {
	e := Evidence{Matrix: NewMatrix(4, 1), Public: [][]Outcome{{Pass, Pass}, {Pass, Slow}, {Slow, Fail}, {Pass, Pass}}}
	for s, want := range map[string][2][]bool{
		"vote+public":      {{false, true, false, false}, {true, false, false, true}},
		"public":           {{false, true, false, false}, {false, false, false, false}},
		"reference/method": {{false, false, false, false}, {true, true, true, true}},
	} {
		sel, err := Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2][]bool{sel.PublicInPlay(e), sel.InPlay(e)}; !cmp.Equal(got, want) {
			t.Errorf("%s: %v, want %v", s, got, want)
		}
	}
	e.Public[3][0] = Fail
	if got := Default.InPlay(e); slices.Contains(got, true) {
		t.Errorf("one candidate, and in play are %v", got)
	}
}
