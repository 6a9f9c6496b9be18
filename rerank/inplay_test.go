package rerank

import (
	"slices"
	"strings"
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
		for {
			i := slices.Index(s.PublicInPlay(tried), true)
			if i < 0 {
				break
			}
			j := slices.Index(tried.Public[i], Slow)
			tried.Public[i][j] = e.Public[i][j]
		}
		for left := e.Rows() + 1; ; left-- {
			in := s.InPlay(tried)
			if !slices.Contains(in, true) {
				break
			}
			if left == 0 {
				t.Fatal("rows are in play again that are known")
			}
			for i := range in {
				for j := 0; in[i] && j < e.Cols(); j++ {
					tried.Set(i, j, e.At(i, j))
				}
			}
		}
		if d := cmp.Diff(ChoiceOf(e.Matrix, s.Rank(e)), ChoiceOf(tried.Matrix, s.Rank(tried))); d != "" {
			t.Errorf("%d outcomes hidden (-all known +in play known):\n%s", hidden, d)
		}
	})
}

// What cannot matter stays as it is.
func TestInPlay(t *testing.T) {
	public := [][]Outcome{{Pass, Pass}, {Pass, Slow}, {Slow, Fail}, {Pass, Pass}}
	slow := parse("55", "11", "11", "50")
	many := parse("111111", "511111", "500000", "000000")
	many.SetWeight(0, 4)
	for _, c := range []struct {
		selector      string
		e             Evidence
		public, tests string // the rows in play
	}{
		{"majority+public", Evidence{Matrix: slow, Public: public}, ".x..", "x..x"},
		{"public", Evidence{Matrix: slow, Public: public}, ".x..", "...."},
		{"majority", Evidence{Matrix: slow}, "....", "x..."},
		{"reference/method", Evidence{Matrix: many}, "....", ".x.."},
		{"consensus", Evidence{Matrix: many}, "....", ".x.."}, // it may do what the first does
		{"auto", Evidence{Matrix: many}, "....", ".x.."},
		{"em", Evidence{Matrix: many}, "....", ".xx."},                       // of it nothing is sure
		{"auto", Evidence{Matrix: parse("110", "011", "500")}, "...", "..x"}, // whom it agrees with
	} {
		sel, err := Parse(c.selector)
		if err != nil {
			t.Fatal(err)
		}
		for what, got := range map[string][2]string{
			"of the public tests": {marks(sel.PublicInPlay(c.e)), c.public},
			"of the others":       {marks(sel.InPlay(c.e)), c.tests},
		} {
			if got[0] != got[1] {
				t.Errorf("%s %s: %s in play, want %s", c.selector, what, got[0], got[1])
			}
		}
	}
	public[3][0] = Fail
	if got := Default.Choosable(Evidence{Matrix: slow, Public: public}); slices.Contains(got, true) {
		t.Errorf("one candidate, and to choose from are %v", got)
	}
}

func marks(in []bool) string {
	out := []byte(strings.Repeat(".", len(in)))
	for i, x := range in {
		if x {
			out[i] = 'x'
		}
	}
	return string(out)
}
