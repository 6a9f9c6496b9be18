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
	r.PublicTests = []problem.Test{problem.PythonTest("assert f(1) == 1"), problem.PythonTest("assert g(1) == 1")}
	by := callsBy(r, []int{2, 1, 0})
	if d := cmp.Diff([][]int{{1}, nil, {0}, nil, {2, 0}}, by); d != "" {
		t.Errorf("calls by column (-want +got):\n%s", d)
	}
	traces, made := tracesOf(r, []int{2, 1, 0, 3}, by[2:])
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

func TestWanted(t *testing.T) {
	for code, want := range map[string][2]string{
		"assert f(1) == 2":                   {"f(1)", "2"},
		`assert f("a)\"(", [1]) == [(1, 2)]`: {`f("a)\"(", [1])`, "[(1, 2)]"},
		"assert f(1) + 1 == 2":               {},
		"assert f(1) != 2":                   {},
		"assert not f(1) == 2":               {},
		"assert f(1) == 2\nassert f(2) == 3": {},
		"assert f(":                          {},
		"class T:\n    def test(self): f(1)": {},
	} {
		if call, value := wanted(code); call != want[0] || value != want[1] {
			t.Errorf("%q: %q and %q, want %q", code, call, value, want)
		}
	}
}
