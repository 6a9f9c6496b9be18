package pipeline

import (
	"coderm/model"
	"coderm/passfile"
	"coderm/problem"
	"coderm/rerank"
)

// ScoresOf is a result's line of scores.jsonl.
func ScoresOf(r Result) passfile.Line {
	s := passfile.Line{
		TaskID: r.Problem.ID, SampleOf: r.RowOf, Generations: r.Groups, Partial: r.Infra > 0,
		Matrix: passfile.Digits(r.Matrix.Rows(), r.Matrix.Cols(), r.Matrix.At), Truth: passfile.TruthDigits(r.Truth), PublicTests: r.PublicTests,
		Public: passfile.Digits(len(r.Public), len(r.PublicTests), func(i, j int) rerank.Outcome { return r.Public[i][j] }),
	}
	s.Missing, s.Platform, s.Difficulty = r.Unfilled, r.Problem.Platform, r.Problem.Difficulty
	s.AddOutputs(r.Outputs, FromTests(r.Calls))
	if r.Choice != nil {
		s.Selector, s.Chosen, s.Tied = r.Choice.Selector, &r.Choice.Solution, r.Choice.Tied
	}
	byRow := map[int]rerank.Ranked{}
	for _, k := range r.Ranking {
		byRow[k.Solution] = k
	}
	for i, row := range r.RowOf {
		if k, ok := byRow[row]; ok {
			s.Scores = append(s.Scores, passfile.Score{Solution: i, Score: k.Score, Rank: k.Tie, Passed: passed(r.Matrix, row)})
		}
	}
	seen := map[problem.Origin]bool{}
	for _, c := range r.Columns {
		t := passfile.Test{Generation: c.Generation, Method: c.Method}
		if !seen[c.Origin] {
			seen[c.Origin] = true
			t.TestFields = r.Test(c).Fields()
		}
		s.Tests = append(s.Tests, t)
	}
	for _, x := range r.Samples {
		if x.Dropped != "" {
			s.Dropped = append(s.Dropped, passfile.Dropped{Generation: x.Generation, Reason: x.Dropped, Completion: x.Completion})
		}
		for _, c := range x.Cut {
			s.Cut = append(s.Cut, passfile.Cut{Generation: x.Generation, Cut: c, Text: model.CutText(x.Completion, c)})
		}
	}
	return s
}

// Test is the test of a column.
func (r Result) Test(c Column) problem.Test {
	for _, s := range r.Samples {
		if s.Generation == c.Generation {
			return s.Tests[c.Part].Test
		}
	}
	return problem.Test{}
}

func passed(m *rerank.Matrix, row int) int {
	n := 0
	for j := range m.Cols() {
		if m.Passes(row, j) {
			n++
		}
	}
	return n
}
