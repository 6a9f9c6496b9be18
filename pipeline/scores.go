package pipeline

import (
	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// Scores is a line of scores.jsonl: everything a run found out about one
// problem. It is also a line of a pass-matrix file, which `coderm eval
// --matrix` and `coderm budget` read.
type Scores struct {
	TaskID   string          `json:"task_id"`
	Selector string          `json:"selector,omitempty"`
	Chosen   *int            `json:"chosen,omitempty"` // index among the problem's solutions
	Tied     int             `json:"tied,omitempty"`
	Scores   []SolutionScore `json:"solutions,omitempty"`
	// SampleOf gives each solution's matrix row.
	SampleOf []int `json:"sample_of"`
	// Tests name the matrix's columns; Generations group them by completion.
	Tests       []TestColumn `json:"tests"`
	Generations [][]int      `json:"generations"`
	// Matrix has one digit a column: 1 pass, 0 fail, 2 error, 3 out of a limit,
	// 4 the solution does not load, 9 not run.
	Matrix []string `json:"matrix"`
	// PublicTests are those that the problem states itself, and Public has a digit
	// for each, by row.
	PublicTests []string  `json:"public_tests,omitempty"`
	Public      []string  `json:"public,omitempty"`
	Truth       string    `json:"truth,omitempty"` // by row: 1 right, 0 wrong
	Dropped     []Dropped `json:"dropped,omitempty"`
	// Cut lists what of the completions is in no test.
	Cut []Cut `json:"cut,omitempty"`
	// Partial says that some cells are missing by the sandbox's fault.
	Partial bool `json:"partial,omitempty"`
	// Missing is why completions are missing: a prompt that does not fit the
	// context, a server that refuses it.
	Missing string `json:"missing,omitempty"`
}

// SolutionScore is one solution's standing.
type SolutionScore struct {
	Solution int     `json:"solution"`
	Score    float64 `json:"score"`
	Rank     int     `json:"rank"` // 0 for the winners; equal ranks are ties
	Passed   int     `json:"passed"`
}

// TestColumn is one column: a test program, or one method (Class.method) or
// function of it. Code stands with the program's first column only.
type TestColumn struct {
	Generation int    `json:"generation"`
	Method     string `json:"method,omitempty"`
	Style      string `json:"style,omitempty"`
	Code       string `json:"test,omitempty"`
}

// Dropped is a completion that gave no test, and why.
type Dropped struct {
	Generation int    `json:"generation"`
	Reason     string `json:"reason"`
	Completion string `json:"completion"`
}

// Cut is a part of a completion that is in no test, its text shortened.
type Cut struct {
	Generation int `json:"generation"`
	problem.Cut
	Text string `json:"text"`
}

// ScoresOf puts a result into words.
func ScoresOf(r Result) Scores {
	s := Scores{
		TaskID: r.Problem.ID, SampleOf: r.RowOf, Generations: r.Groups, Partial: r.Infra > 0,
		Matrix: digits(r.Matrix.Rows(), r.Matrix.Cols(), r.Matrix.At), Truth: truthDigits(r.Truth), PublicTests: r.Public,
		Public: digits(len(r.PublicOutcomes), len(r.Public), func(i, j int) rerank.Outcome { return r.PublicOutcomes[i][j] }),
	}
	if r.Unfilled != nil {
		s.Missing = r.Unfilled.Error()
	}
	if r.Choice != nil {
		s.Selector, s.Chosen, s.Tied = r.Choice.Selector, &r.Choice.Solution, r.Choice.Tied
	}
	byRow := map[int]rerank.Ranked{}
	for _, k := range r.Ranking {
		byRow[k.Solution] = k
	}
	for i, row := range r.RowOf {
		if k, ok := byRow[row]; ok {
			s.Scores = append(s.Scores, SolutionScore{i, k.Score, k.Tie, passed(r.Matrix, row)})
		}
	}
	type program struct{ generation, part int }
	seen := map[program]bool{}
	for _, c := range r.Columns {
		t := TestColumn{Generation: c.Generation, Method: c.Method}
		if key := (program{c.Generation, c.Part}); !seen[key] {
			seen[key] = true
			test := r.test(c)
			t.Style, t.Code = string(test.Style), test.Code
		}
		s.Tests = append(s.Tests, t)
	}
	for _, x := range r.Samples {
		if x.Dropped != "" {
			s.Dropped = append(s.Dropped, Dropped{x.Generation, x.Dropped, x.Completion})
		}
		for _, c := range x.Cut {
			s.Cut = append(s.Cut, Cut{x.Generation, c, model.CutText(x.Completion, c)})
		}
	}
	return s
}

func (r Result) test(c Column) journal.Test {
	for _, s := range r.Samples {
		if s.Generation == c.Generation {
			return s.Tests[c.Part]
		}
	}
	return journal.Test{}
}

// Program is the text of a column's test program.
func (r Result) Program(c Column) string { return r.test(c).Code }

func passed(m *rerank.Matrix, row int) int {
	n := 0
	for j := range m.Cols() {
		if m.Passes(row, j) {
			n++
		}
	}
	return n
}

func digits(rows, cols int, at func(i, j int) rerank.Outcome) []string {
	out := make([]string, rows)
	for i := range out {
		row := make([]byte, cols)
		for j := range row {
			row[j] = at(i, j).Digit()
		}
		out[i] = string(row)
	}
	return out
}

func truthDigits(truth []sandbox.Kind) string {
	out := make([]byte, len(truth))
	for i, k := range truth {
		out[i] = '0'
		if k == sandbox.Pass {
			out[i] = '1'
		}
	}
	return string(out)
}
