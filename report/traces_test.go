package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// A cell of a column finds the calls that the column makes, and what came back.
func TestTraces(t *testing.T) {
	long := problem.Observation{Ending: problem.Returned, Digest: [16]byte{0xab, 1, 2, 3, 4}, Text: strings.Repeat("x", 100)}
	r := observed(
		[]problem.Observation{returned(1), returned(2), returned(1), typeError},
		[]problem.Observation{returned(1), returned(1), returned(1), returned(1)},
		[]problem.Observation{long, {}, returned(3), returned(4)},
	)
	r.Evidence = rerank.Evidence{Matrix: rerank.NewMatrix(4, 3)}
	r.Columns = make([]pipeline.Column, 3)
	r.Outputs = pipeline.Outputs(r.Calls, 4, [][]int{{2, 0}, nil, {0}})
	traces, made := tracesOf(r, []int{2, 1, 0, 3}, []int{2, 1, 0})
	want := []Trace{
		{Call: "f(0)", Values: []string{"1", "2", "raised TypeError"}, Of: "0102"},
		{Call: "f(2)", Values: []string{"3", "was not observed", strings.Repeat("x", 80) + "… (ab010203)", "4"}, Of: "0123"},
	}
	if d := cmp.Diff(want, traces); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff([][]int{{0}, nil, {1, 0}}, made); d != "" {
		t.Errorf("by column (-want +got):\n%s", d)
	}
}
