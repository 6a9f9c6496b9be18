package report

import (
	"fmt"
	"slices"
	"strings"

	"coderm/pipeline"
)

// What is kept of the calls that tests make: a page of many problems stays one that a
// browser opens.
const (
	maxTraces = 60 // of a problem
	maxValues = 10 // of a call, those of most rows
)

// Trace is a call that tests make and what came back, for the cells of its columns.
type Trace struct {
	Call   string   `json:"call"`
	Values []string `json:"values"`
	// Of has a digit a row of the page: the value that came back; "-" where it is none
	// of them.
	Of string `json:"of"`
}

// callsBy are the observed calls that the page's columns make: the examples, and then
// the tests in the order of cols.
func callsBy(r pipeline.Result, cols []int) [][]int {
	by := make([][]int, len(r.PublicTests)+len(cols))
	if r.Outputs.Calls() == 0 {
		return by
	}
	for k, t := range r.PublicTests {
		for c, o := range r.Calls {
			if call, _ := wanted(t.Code); call == o.Call {
				by[k] = append(by[k], c)
			}
		}
	}
	for k, j := range cols {
		by[len(r.PublicTests)+k] = r.Outputs.By()[j]
	}
	return by
}

// wanted is what a plain assert, in a line, says that its call gives.
func wanted(code string) (call, want string) {
	code, ok := strings.CutPrefix(strings.TrimSpace(code), "assert ")
	end := callEnd(code)
	if !ok || end < 0 || strings.Contains(code, "\n") {
		return "", ""
	}
	if want, ok = strings.CutPrefix(code[end:], " == "); !ok {
		return "", ""
	}
	return code[:end], want
}

// callEnd is where a text's first call ends, -1 if there is none.
func callEnd(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth--; depth == 0 {
				return i + 1
			}
		case depth == 0 && c == ' ':
			return -1
		}
	}
	return -1
}

// tracesOf lists the observed calls that columns make, of which by tells, and for each
// column their places. rows are the rows in the page's order.
func tracesOf(r pipeline.Result, rows []int, by [][]int) (traces []Trace, of [][]int) {
	of = make([][]int, len(by))
	place := map[int]int{}
	for k, calls := range by {
		for _, c := range calls {
			n, ok := place[c]
			if !ok && len(traces) == maxTraces {
				continue
			}
			if !ok {
				n = len(traces)
				place[c] = n
				traces = append(traces, traceOf(r.Calls[c], rows))
			}
			of[k] = append(of[k], n)
		}
	}
	return traces, of
}

func traceOf(o pipeline.Observed, rows []int) Trace {
	brief, count := make([]string, len(rows)), map[string]int{}
	t := Trace{Call: cut(o.Call)}
	for at, row := range rows {
		brief[at] = o.Rows[row].Brief()
		if count[brief[at]]++; count[brief[at]] == 1 {
			t.Values = append(t.Values, brief[at])
		}
	}
	slices.SortStableFunc(t.Values, func(a, b string) int { return count[b] - count[a] })
	t.Values = t.Values[:min(len(t.Values), maxValues)]
	of := make([]byte, len(rows))
	for at := range of {
		of[at] = '-'
		if n := slices.Index(t.Values, brief[at]); n >= 0 {
			of[at] = fmt.Sprint(n)[0]
		}
	}
	t.Of = string(of)
	return t
}
