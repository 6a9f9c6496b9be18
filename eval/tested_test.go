package eval

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/internal/stats"
	"coderm/problem"
	"coderm/rerank"
)

// outcomes reads rows of p(ass), f(ail), e(rror), t(imeout).
func outcomes(rows ...string) (out [][]rerank.Outcome) {
	of := map[rune]rerank.Outcome{'p': rerank.Pass, 'f': rerank.Fail, 'e': rerank.Error, 't': rerank.Timeout}
	for _, row := range rows {
		var list []rerank.Outcome
		for _, c := range row {
			list = append(list, of[c])
		}
		out = append(out, list)
	}
	return out
}

// By hand: the reference passes columns 0, 1 and 4 of five, of which 0 was written twice,
// and of the four tests the first and the last. Column 0 rejects the first mutant, 1 and 4
// the second, nothing valid the third; all of it the fourth.
func TestTestedByHand(t *testing.T) {
	run := TestRun{
		ID: "P/1", Groups: [][]int{{0, 1}, {0, 2}, {3, 2}, {4}}, Checked: true, Equivalent: 2,
		Outcomes: outcomes("ppfep", "fpfep", "pfpef", "pppep", "ttttt"),
		Mutants:  []problem.Mutant{{Line: 1}, {Line: 2}, {Line: 3, Code: "a program"}, {Line: 4}},
	}
	got := run.Tested()
	want := Tested{ID: "P/1", Checked: true, Mutants: 4, Equivalent: 2, Survivors: []problem.Mutant{{Line: 3}}, Tests: []TestCount{
		{Of: "class", Number: 4, Failing: 2, Crashing: 1, Rejected: 3, RejectedByAny: 4, ByOne: 5. / 8},
		// Columns as written: 0 1 0 2 3 2 4, of which 0 1 0 4 are right.
		{Of: "method", Number: 7, Failing: 3, Crashing: 1, Rejected: 3, RejectedByAny: 4, ByOne: 8. / 16},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTestStudy(t *testing.T) {
	count := func(of string, number, failing, crashing, rejected, byAny int, byOne float64) TestCount {
		return TestCount{of, number, failing, crashing, rejected, byAny, byOne}
	}
	s := TestStudy{Seed: 1, Each: 4, Unreferenced: 1, LeftOut: 2, PerProblem: []Tested{
		{ID: "a", Checked: true, Mutants: 4, Equivalent: 1, Tests: []TestCount{count("class", 2, 1, 1, 2, 4, .5), count("method", 4, 1, 0, 3, 4, .25)},
			Survivors: []problem.Mutant{{Line: 2, Was: "x | y", Now: "x & y"}, {Line: 3, Was: "1", Now: "0"}, {Line: 4, Was: "1", Now: "2"}, {Line: 5, Was: "1", Now: "3"}}},
		{ID: "b", Tests: []TestCount{count("class", 4, 0, 0, 0, 0, 0), count("method", 4, 0, 0, 0, 0, 0)}}, // no mutant
	}}
	s.Sum()
	var got []float64
	for _, f := range s.Tests {
		for _, i := range []stats.Interval{f.ErrorRate, f.CrashRate, f.MutationScore, f.ScoreOfAny, f.ScoreOfOne} {
			got = append(got, i.Mean)
		}
	}
	if d := cmp.Diff([]float64{.25, .25, .5, 1, .5, .125, 0, .75, 1, .25}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	var text strings.Builder
	if err := s.Markdown(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2 problems, PARTIAL: 2 more were left out\n",
		"| class | 6 | 25.0 | 0.0 to 50.0 | 25.0 | 50.0 | 50.0 to 50.0 | 50.0 |\n",
		"- 4 mutants of the reference solutions; 1 more do the same by the hidden checks and do not count\n",
		"- 1 problems have no hidden checks: ",
		"by class with the tests that the reference does not pass, which reject nearly everything: 100.0 %",
		"- left out 1 problems without a reference solution\n",
		"| a | 2 | 1 | 1 | 4 | 1 | 0 | 4 | 2 | 3 | line 2: `x & y` for `x \\| y`; line 3: `0` for `1`; line 4: `2` for `1`; 1 more |\n",
		"| b | 4 | 0 | 0 | 4 | 0 | 0 | 0 | 0 | 0 | |\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &text)
		}
	}
}
