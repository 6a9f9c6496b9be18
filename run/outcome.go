package run

import (
	"regexp"

	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// Outcome is what a run says of one problem, in a line.
type Outcome struct {
	TaskID      string  `json:"task_id"`
	Chosen      *int    `json:"chosen,omitempty"` // the solution's index
	Score       float64 `json:"score"`
	Tied        int     `json:"tied,omitempty"`
	Candidates  int     `json:"candidates"`
	Completions int     `json:"completions"`
	Parsed      int     `json:"tests_parsed"`
	Ran         int     `json:"tests_ran"` // gave a verdict that was not an error of the test's own
	// Public counts the examples of the question; PublicPassed is the most of
	// them that any solution passes.
	Public       int      `json:"public"`
	PublicPassed int      `json:"public_passed"`
	Right        *bool    `json:"right,omitempty"`
	Expected     *float64 `json:"right_expected,omitempty"` // chance to be right over the lot between ties
	Random       *float64 `json:"random,omitempty"`         // chance of a random pick to be right
	Examples     *float64 `json:"examples_alone,omitempty"` // and of one among those that pass the most examples
	Solvable     *bool    `json:"solvable,omitempty"`       // whether any candidate is right
	Missing      string   `json:"missing,omitempty"`        // why completions are missing
	Unjudged     string   `json:"unjudged,omitempty"`       // why the truth is not known, asked for it
	Ungenerated  string   `json:"ungenerated,omitempty"`    // why the problem's own generator gives no input
	Uncompared   string   `json:"uncompared,omitempty"`     // which outputs the problem's checker could not compare
	Forbidden    int      `json:"forbidden,omitempty"`      // inputs left out, since the problem does not allow them
	Infra        int      `json:"infra,omitempty"`          // pairs without a verdict by our own fault
	Slow         int      `json:"slow,omitempty"`           // pairs that had the first fuel only, since more could not change the choice
	// Unloaded counts candidates that do not load, Uncompiled those of them that are no
	// Python programs, and Fenced those of these that look like Markdown.
	Unloaded   int `json:"unloaded,omitempty"`
	Uncompiled int `json:"uncompiled,omitempty"`
	Fenced     int `json:"fenced,omitempty"`
}

// OutcomeOf sums a result up.
func OutcomeOf(r pipeline.Result) Outcome {
	out := Outcome{
		TaskID: r.Problem.ID, Candidates: len(r.RowOf), Completions: len(r.Samples), Ran: r.UsableTests(), Public: len(r.PublicTests),
		Missing: r.Unfilled, Unjudged: r.Unjudged, Ungenerated: r.Ungenerated, Uncompared: r.Uncompared, Infra: r.Infra,
	}
	for _, s := range r.Samples {
		out.Parsed += len(s.Tests)
		for _, c := range s.Cut {
			if c.Why == problem.CutForbidden {
				out.Forbidden++
			}
		}
	}
	out.Slow = r.Slow()
	for row := range r.Public {
		out.PublicPassed = max(out.PublicPassed, r.PublicPassed(row))
	}
	if r.Choice != nil {
		out.Chosen, out.Score, out.Tied = &r.Choice.Solution, r.Choice.Score, r.Choice.Tied
	}
	broken := r.Unloaded()
	for _, row := range r.RowOf {
		uncompiled, unloaded := broken[row]
		if unloaded {
			out.Unloaded++
		}
		if uncompiled {
			out.Uncompiled++
			if fenceLine.MatchString(r.Rows[row]) {
				out.Fenced++
			}
		}
	}
	if len(r.Truth) == 0 {
		return out
	}
	right := 0
	for _, row := range r.RowOf {
		if r.Truth[row] {
			right++
		}
	}
	p, solvable := float64(right)/float64(len(r.RowOf)), right > 0
	out.Random, out.Solvable = &p, &solvable
	if len(r.PublicTests) > 0 {
		chance := rerank.ChanceRight(r.Matrix, rerank.Selector{Rule: rerank.Public}.Rank(r.Evidence), r.Truth)
		out.Examples = &chance
	}
	if r.Choice != nil {
		ok := r.Truth[r.RowOf[r.Choice.Solution]]
		chance := rerank.ChanceRight(r.Matrix, r.Ranking, r.Truth)
		out.Right, out.Expected = &ok, &chance
	}
	return out
}

var fenceLine = regexp.MustCompile("(?m)^ {0,3}(?:```|~~~)")

// Summary is a run's outcomes in the problems' order, and what people should know
// of them together.
type Summary struct {
	Out      string    `json:"out"`
	Outcomes []Outcome `json:"problems"`
	LeftOut  int       `json:"left_out,omitempty"` // more problems that the file has; their number
	Shard    string    `json:"shard,omitempty"`    // "3/8": which part of the problems this is

	// Unread is the commonest reason why completions gave no test, and how often it
	// was, if none of a model's Completions gave one.
	Unread      string `json:"-"`
	UnreadTimes int    `json:"-"`
	Completions int    `json:"-"`
}

// reading counts why completions give no tests.
type reading struct {
	completions, tests int
	reasons            map[string]int
}

func (c *reading) add(r pipeline.Result) {
	for _, s := range r.Samples {
		c.completions++
		c.tests += len(s.Tests)
		if s.Dropped != "" {
			c.reasons[s.Dropped]++
		}
	}
}

func (c *reading) summarize(s *Summary) {
	s.Completions = c.completions
	if c.tests > 0 {
		return
	}
	for why, n := range c.reasons {
		if n > s.UnreadTimes || n == s.UnreadTimes && why < s.Unread {
			s.Unread, s.UnreadTimes = why, n
		}
	}
}
