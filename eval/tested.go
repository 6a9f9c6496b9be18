package eval

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"coderm/internal/stats"
	"coderm/internal/table"
	"coderm/problem"
	"coderm/rerank"
)

// TestRun is how a problem's tests went on its reference solution and on mutants of it.
type TestRun struct {
	ID string
	// Groups are the generated tests, each with its columns.
	Groups [][]int
	// Outcomes are by row, of the reference first and then of each mutant, and by column.
	Outcomes [][]rerank.Outcome
	Mutants  []problem.Mutant // but for those that are known to be equivalent
	// Equivalent is how many more there are; Checked tells whether hidden checks have said
	// so.
	Equivalent int
	Checked    bool
}

// Tested is what a reference solution and its mutants say of a problem's tests.
type Tested struct {
	ID         string      `json:"task_id"`
	Checked    bool        `json:"hidden_checks"`
	Mutants    int         `json:"mutants"`
	Equivalent int         `json:"equivalent"`
	Tests      []TestCount `json:"tests"` // by class, and by method
	// Survivors are the mutants that no test rejects of those that the reference passes.
	Survivors []problem.Mutant `json:"survivors,omitempty"`
}

// TestCount counts a problem's tests.
type TestCount struct {
	Of       string `json:"of"` // what is a test: "class" or "method"
	Number   int    `json:"number"`
	Failing  int    `json:"failing"`  // the reference does not pass them
	Crashing int    `json:"crashing"` // of those, the ones in which more than an assertion fails
	// Rejected are the mutants that the tests reject which the reference passes, and
	// RejectedByAny those that any test rejects.
	Rejected      int `json:"rejected"`
	RejectedByAny int `json:"rejected_by_any"`
	// ByOne is the share of the mutants that one test rejects, the mean over those that the
	// reference passes.
	ByOne float64 `json:"rejected_by_one"`
}

// Tested counts what came of the run.
func (r *TestRun) Tested() Tested {
	var columns [][]int
	for _, j := range slices.Concat(r.Groups...) {
		columns = append(columns, []int{j})
	}
	t := Tested{ID: r.ID, Checked: r.Checked, Mutants: len(r.Mutants), Equivalent: r.Equivalent,
		Tests: []TestCount{r.count("class", r.Groups), r.count("method", columns)}}
	for k, m := range r.Mutants {
		if !slices.ContainsFunc(columns, func(c []int) bool { return r.passes(0, c) && !r.passes(1+k, c) }) {
			m.Code = ""
			t.Survivors = append(t.Survivors, m)
		}
	}
	return t
}

// passes tells whether a row passes all of a test's columns.
func (r *TestRun) passes(row int, test []int) bool {
	return !slices.ContainsFunc(test, func(j int) bool { return r.Outcomes[row][j] != rerank.Pass })
}

// crashes tells of a test in which the reference fails more than an assertion.
func (r *TestRun) crashes(test []int) bool {
	return slices.ContainsFunc(test, func(j int) bool { o := r.Outcomes[0][j]; return o != rerank.Pass && o != rerank.Fail })
}

func (r *TestRun) count(of string, tests [][]int) TestCount {
	c := TestCount{Of: of, Number: len(tests)}
	rejected, byAny := make([]bool, len(r.Mutants)), make([]bool, len(r.Mutants))
	each := 0 // rejections by tests that the reference passes
	for _, test := range tests {
		valid := r.passes(0, test)
		if !valid {
			c.Failing++
		}
		if r.crashes(test) {
			c.Crashing++
		}
		for k := range r.Mutants {
			if r.passes(1+k, test) {
				continue
			}
			byAny[k] = true
			if valid {
				rejected[k] = true
				each++
			}
		}
	}
	for k := range r.Mutants {
		c.Rejected += number(rejected[k])
		c.RejectedByAny += number(byAny[k])
	}
	c.ByOne = share(float64(each), float64((c.Number-c.Failing)*len(r.Mutants)))
	return c
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestStudy is what reference solutions and their mutants say of tests. Shares are 0 to
// 1, means over problems.
type TestStudy struct {
	Problems   int           `json:"problems"`
	Seed       uint64        `json:"seed"`
	Each       int           `json:"mutants_each"` // the most that a problem has
	Mutants    int           `json:"mutants"`
	Equivalent int           `json:"equivalent"` // not among Mutants
	Unchecked  int           `json:"unchecked"`  // problems of which nobody knows the equivalent mutants
	Tests      []TestFigures `json:"tests"`      // by class, and by method
	// Unreferenced are problems without a reference, Untested those without tests.
	Unreferenced int        `json:"without_reference"`
	Untested     int        `json:"without_tests"`
	Partial      bool       `json:"partial"`
	Excluded     []Excluded `json:"excluded,omitempty"`
	LeftOut      int        `json:"left_out,omitempty"` // problems that were not asked for
	PerProblem   []Tested   `json:"per_problem,omitempty"`
}

// TestFigures are a study's figures, with the counts of all problems together.
type TestFigures struct {
	Of       string `json:"of"`
	Number   int    `json:"number"`
	Failing  int    `json:"failing"`
	Crashing int    `json:"crashing"`
	Rejected int    `json:"rejected"`
	// ErrorRate is the share of the tests that the reference does not pass, CrashRate of
	// those that crash on it.
	ErrorRate stats.Interval `json:"error_rate"`
	CrashRate stats.Interval `json:"crash_rate"`
	// MutationScore is the share of the mutants that the tests reject which the reference
	// passes, ScoreOfAny that any test does, ScoreOfOne that one of the former does.
	MutationScore stats.Interval `json:"mutation_score"`
	ScoreOfAny    stats.Interval `json:"mutation_score_of_any"`
	ScoreOfOne    stats.Interval `json:"mutation_score_of_one"`
}

// Sum makes the figures of what is known of each problem.
func (s *TestStudy) Sum() {
	s.Problems = len(s.PerProblem)
	ids := make([]string, s.Problems)
	for k, t := range s.PerProblem {
		ids[k] = t.ID
		s.Mutants += t.Mutants
		s.Equivalent += t.Equivalent
		s.Unchecked += number(!t.Checked)
	}
	s.Partial = partial(ids, s.Excluded) || s.LeftOut+s.Unreferenced+s.Untested > 0
	for k, of := range []string{"class", "method"} {
		f := TestFigures{Of: of}
		for _, t := range s.PerProblem {
			c := t.Tests[k]
			f.Number += c.Number
			f.Failing += c.Failing
			f.Crashing += c.Crashing
			f.Rejected += c.Rejected
		}
		mean := func(among func(Tested) bool, value func(t Tested, c TestCount) float64) stats.Interval {
			var values []float64
			for _, t := range s.PerProblem {
				if among(t) {
					values = append(values, value(t, t.Tests[k]))
				}
			}
			return stats.BootstrapMean(values, s.Seed)
		}
		tested := func(t Tested) bool { return t.Tests[k].Number > 0 }
		mutated := func(t Tested) bool { return t.Mutants > 0 }
		f.ErrorRate = mean(tested, func(_ Tested, c TestCount) float64 { return share(float64(c.Failing), float64(c.Number)) })
		f.CrashRate = mean(tested, func(_ Tested, c TestCount) float64 { return share(float64(c.Crashing), float64(c.Number)) })
		f.MutationScore = mean(mutated, func(t Tested, c TestCount) float64 { return share(float64(c.Rejected), float64(t.Mutants)) })
		f.ScoreOfAny = mean(mutated, func(t Tested, c TestCount) float64 { return share(float64(c.RejectedByAny), float64(t.Mutants)) })
		f.ScoreOfOne = mean(mutated, func(_ Tested, c TestCount) float64 { return c.ByOne })
		s.Tests = append(s.Tests, f)
	}
}

// Markdown writes the study as tables, in percent with 95 % intervals.
func (s *TestStudy) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems%s\n\n", s.Problems, partialNote(s.Partial, s.LeftOut))
	writeExcluded(&b, s.Excluded)
	t := table.Markdown(&b, table.Left("generated tests"), table.Right("number", "error rate %"), table.Left("95 % interval"), table.Right("crash %"),
		table.Right("mutation score %"), table.Left("95 % interval"), table.Right("of one test %"))
	for _, f := range s.Tests {
		t.Row(f.Of, f.Number, mean(f.ErrorRate), bounds(f.ErrorRate), mean(f.CrashRate), mean(f.MutationScore), bounds(f.MutationScore), mean(f.ScoreOfOne))
	}
	b.WriteString("\n")
	for _, line := range s.notes() {
		fmt.Fprintf(&b, "- %s\n", line)
	}
	s.markdownProblems(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// notes are what the table does not say.
func (s *TestStudy) notes() (lines []string) {
	say := func(n int, form string, args ...any) {
		if n > 0 {
			lines = append(lines, fmt.Sprintf(form, args...))
		}
	}
	say(1, "%d mutants of the reference solutions; %d more do the same by the hidden checks and do not count", s.Mutants, s.Equivalent)
	say(s.Unchecked, "%d problems have no hidden checks: there equivalent mutants count as any", s.Unchecked)
	for _, f := range s.Tests {
		say(number(f.ScoreOfAny != f.MutationScore), "mutation score by %s with the tests that the reference does not pass, which reject nearly everything: %s %% (95 %% interval %s)",
			f.Of, mean(f.ScoreOfAny), bounds(f.ScoreOfAny))
	}
	say(s.Unreferenced, "left out %d problems without a reference solution", s.Unreferenced)
	say(s.Untested, "left out %d problems without a test that expects something", s.Untested)
	return lines
}

// survivorsShown is how many surviving mutants of a problem are listed in text.
const survivorsShown = 3

func (s *TestStudy) markdownProblems(b *strings.Builder) {
	if len(s.PerProblem) == 0 {
		return
	}
	b.WriteString("\n")
	t := table.Markdown(b, table.Left("problem"), table.Right("classes", "failing", "crashing", "methods", "failing", "crashing",
		"mutants", "rejected by class", "by method"), table.Left("survive"))
	for _, p := range s.PerProblem {
		class, method := p.Tests[0], p.Tests[1]
		t.Row(p.ID, class.Number, class.Failing, class.Crashing, method.Number, method.Failing, method.Crashing,
			p.Mutants, class.Rejected, method.Rejected, survivors(p.Survivors))
	}
}

func survivors(mutants []problem.Mutant) string {
	var list []string
	for _, m := range mutants[:min(survivorsShown, len(mutants))] {
		list = append(list, fmt.Sprintf("line %d: %s for %s", m.Line, code(m.Now), code(m.Was)))
	}
	if more := len(mutants) - survivorsShown; more > 0 {
		list = append(list, fmt.Sprintf("%d more", more))
	}
	return strings.Join(list, "; ")
}
