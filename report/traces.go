package report

import (
	"fmt"
	"slices"

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

// tracesOf lists the observed calls that some columns make, and for each of these
// columns their places. rows are the rows in the page's order.
func tracesOf(r pipeline.Result, rows, cols []int) (traces []Trace, of [][]int) {
	of = make([][]int, len(cols))
	if r.Outputs.Calls() == 0 {
		return nil, of
	}
	place := map[int]int{}
	for k, j := range cols {
		for _, c := range r.Outputs.By()[j] {
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
