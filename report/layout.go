package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"coderm/model"
	"coderm/passfile"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// layOut lays out one problem: rows by score, columns by trust.
func layOut(r pipeline.Result) Problem {
	p := Problem{
		ID: r.Problem.ID, Question: r.Problem.Question, Chosen: -1, Details: map[string]int{},
		Rows: []Row{}, Columns: []Column{}, Cells: []string{}, Texts: []string{},
	}
	score := map[int]float64{}
	var rows []int
	for _, k := range r.Ranking {
		rows = append(rows, k.Solution)
		score[k.Solution] = k.Score
	}
	for row := range r.Rows {
		if _, ranked := score[row]; !ranked {
			rows = append(rows, row)
		}
	}
	if r.Choice != nil { // first of those that a lot decided between
		at := slices.Index(rows, r.RowOf[r.Choice.Solution])
		rows = slices.Insert(slices.Delete(rows, at, at+1), 0, r.RowOf[r.Choice.Solution])
	}
	trust := trustOf(r, score)
	cols := make([]int, len(r.Columns))
	for j := range cols {
		cols[j] = j
	}
	slices.SortStableFunc(cols, func(a, b int) int { return cmp.Compare(trust[b], trust[a]) })

	for at, row := range rows {
		if r.Choice != nil && r.RowOf[r.Choice.Solution] == row {
			p.Chosen = at
		}
		x := Row{Code: r.Rows[row]}
		x.Name, x.Samples = rowName(r, row)
		if s, ranked := score[row]; ranked {
			x.Score = &s
		}
		if r.Evidence.PublicTests() > 0 {
			x.Public = fmt.Sprintf("%d of %d", r.PublicPassed(row), r.Evidence.PublicTests())
		}
		if len(r.Truth) > 0 {
			x.Truth = &r.Truth[row]
			if len(r.Wrong) > 0 {
				x.Why = r.Wrong[row].String()
			}
		}
		p.Rows = append(p.Rows, x)
	}
	for j, t := range r.PublicTests {
		p.Columns = append(p.Columns, Column{Name: fmt.Sprintf("example %d", j+1), Code: t.String(), Example: true})
	}
	for _, j := range cols {
		p.Columns = append(p.Columns, Column{Name: columnName(r.Columns[j]), Code: r.Test(r.Columns[j]).String(), Trust: trust[j]})
	}
	var made [][]int
	p.Traces, made = tracesOf(r, rows, callsBy(r, cols))
	for k := range p.Columns {
		c := &p.Columns[k]
		if c.Made = made[k]; len(c.Made) == 1 {
			_, c.Wanted = wanted(c.Code)
		}
	}
	texts := map[string]int{}
	for at, row := range rows {
		var cells []byte
		add := func(o rerank.Outcome, c pipeline.Column) {
			if v, ok := r.Verdict(row, c); ok && v.Detail != "" {
				n, seen := texts[v.Detail]
				if !seen {
					n = len(p.Texts)
					texts[v.Detail] = n
					p.Texts = append(p.Texts, v.Detail)
				}
				p.Details[fmt.Sprintf("%d,%d", at, len(cells))] = n
			}
			cells = append(cells, passfile.Digit(o))
		}
		for j := range r.PublicTests {
			add(r.Public[row][j], pipeline.Column{Origin: problem.Origin{Source: problem.Public, Part: j}})
		}
		for _, j := range cols {
			add(r.Matrix.At(row, j), r.Columns[j])
		}
		p.Cells = append(p.Cells, string(cells))
	}
	for _, s := range r.Samples {
		if s.Dropped != "" {
			p.Dropped++
		}
		if s.Dropped == "" && len(s.Cut) == 0 {
			continue
		}
		u := Unread{Generation: s.Generation, Dropped: s.Dropped}
		for _, c := range s.Cut {
			lines := fmt.Sprintf("line %d", c.First)
			if c.Last > c.First {
				lines = fmt.Sprintf("lines %d to %d", c.First, c.Last)
			}
			u.Cut = append(u.Cut, fmt.Sprintf("%s, %s: %s", lines, c.Why, model.CutText(s.Completion, c)))
		}
		p.Unread = append(p.Unread, u)
	}
	p.Missing = r.Unfilled
	position := make([]int, len(rows))
	for at, row := range rows {
		position[row] = at
	}
	p.Calls, p.Deciding = callsOf(r, position)
	p.Observed = len(r.Calls)
	return p
}

// trustOf is, for each column, the mean score of the solutions that pass it
// less that of those that do not, the scores scaled to 0 to 1: how far the test
// is on the side of the selector's choice. Only ranked solutions count.
func trustOf(r pipeline.Result, score map[int]float64) []float64 {
	out := make([]float64, len(r.Columns))
	if len(score) == 0 {
		return out
	}
	scores := slices.Collect(maps.Values(score))
	lo, hi := slices.Min(scores), slices.Max(scores)
	for j := range out {
		var sum [2]float64
		var n [2]int
		for i := range r.Rows {
			s, ranked := score[i]
			if !ranked {
				continue
			}
			side := 0
			if r.Matrix.Passes(i, j) {
				side = 1
			}
			sum[side] += (s - lo) / max(hi-lo, 1e-12)
			n[side]++
		}
		if n[0] > 0 && n[1] > 0 {
			out[j] = sum[1]/float64(n[1]) - sum[0]/float64(n[0])
		}
	}
	return out
}

// namesShown is how many identical solutions are named.
const namesShown = 3

// rowName names the solutions of a row as the run's table does, the chosen one
// first: "#6, #2". It counts them, too.
func rowName(r pipeline.Result, row int) (name string, n int) {
	var names []string
	for i, x := range r.RowOf {
		switch {
		case x != row:
		case r.Choice != nil && r.Choice.Solution == i:
			names = slices.Insert(names, 0, fmt.Sprintf("#%d", i))
		default:
			names = append(names, fmt.Sprintf("#%d", i))
		}
	}
	if n = len(names); n > namesShown {
		return fmt.Sprintf("%s, … ×%d", strings.Join(names[:namesShown-1], ", "), n), n
	}
	return strings.Join(names, ", "), n
}

func columnName(c pipeline.Column) string {
	name := fmt.Sprintf("%d", c.Generation)
	if c.Part > 0 {
		name += fmt.Sprintf(".%d", c.Part)
	}
	if c.Method != "" {
		name += " " + c.Method
	}
	return name
}
