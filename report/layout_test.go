package report

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/journal"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// The best solution comes first, and first among the tests those that side with
// it.
func TestLayOut(t *testing.T) {
	m := rerank.NewMatrix(2, 2)
	m.Group([][]int{{0}, {1}})
	m.SetPass(0, 0, true)
	m.SetPass(0, 1, false)
	m.SetPass(1, 0, false)
	m.SetPass(1, 1, true)
	r := pipeline.Result{
		Problem: problem.Problem{ID: "p", Question: "q"},
		Rows:    []string{"a", "b"}, RowOf: []int{0, 1, 1},
		Samples: []journal.Sample{
			{Generation: 0, Tests: []journal.Test{{Test: problem.PythonTest("t0")}}},
			{Generation: 1, Tests: []journal.Test{{Test: problem.PythonTest("t1")}}},
			{Generation: 2, Dropped: "no test in it", Sampled: problem.Sampled{
				Completion: "I\nthink\n\nnot", Cut: []problem.Cut{{First: 1, Last: 2, Why: "prose"}, {First: 4, Last: 4, Why: "reasoning"}},
			}},
		},
		Columns:  []pipeline.Column{{}, {Origin: problem.Origin{Generation: 1}, Method: "test_x"}},
		Evidence: rerank.Evidence{Matrix: m}, Ranking: []rerank.Ranked{{Solution: 1, Score: 3}, {Solution: 0, Score: 1, Tie: 1}},
		Choice: &journal.Choice{Solution: 2}, Truth: []bool{false, true},
	}
	no, yes := false, true
	want := Problem{
		ID: "p", Question: "q", Chosen: 0,
		Rows:    []Row{{Name: "#2, #1", Samples: 2, Code: "b", Score: score(3), Truth: &yes}, {Name: "#0", Samples: 1, Code: "a", Score: score(1), Truth: &no}},
		Columns: []Column{{Name: "1 test_x", Code: "t1", Trust: 1}, {Name: "0", Code: "t0", Trust: -1}},
		Cells:   []string{"10", "01"}, Details: map[string]int{}, Texts: []string{}, Dropped: 1,
		Unread: []Unread{{Generation: 2, Dropped: "no test in it", Cut: []string{"lines 1 to 2, prose: I\nthink", "line 4, reasoning: not"}}},
	}
	if d := cmp.Diff(want, layOut(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What public tests rule out is shown last, without a score, and has no say in
// whom tests are trusted by.
func TestLayoutOfRuledOut(t *testing.T) {
	m := rerank.NewMatrix(3, 1)
	m.SetPass(0, 0, true)
	m.SetPass(1, 0, false)
	m.SetPass(2, 0, true)
	public := [][]rerank.Outcome{{rerank.Pass, rerank.Fail}, {rerank.Pass, rerank.Pass}, {rerank.Pass, rerank.Pass}}
	e := rerank.Evidence{Matrix: m, Public: public}
	sel := rerank.Selector{Rule: rerank.Majority, Public: true}
	p := layOut(pipeline.Result{
		Rows: []string{"a", "b", "c"}, RowOf: []int{0, 1, 2}, Columns: []pipeline.Column{{}}, Evidence: e, Ranking: sel.Rank(e),
		Samples: []journal.Sample{{Tests: []journal.Test{{Test: problem.PythonTest("t")}}}}, PublicTests: problem.PythonTests([]string{"t1", "t2"}),
	})
	want := []Row{
		{Name: "#2", Samples: 1, Code: "c", Score: score(1), Public: "2 of 2"},
		{Name: "#1", Samples: 1, Code: "b", Score: score(0), Public: "2 of 2"},
		{Name: "#0", Samples: 1, Code: "a", Public: "1 of 2"},
	}
	if d := cmp.Diff(want, p.Rows); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if len(p.Columns) != 3 || !p.Columns[0].Example || p.Columns[2].Trust != 1 {
		t.Errorf("columns %+v, want two examples and the trust of the two that are ranked", p.Columns)
	}
}

func TestSteps(t *testing.T) {
	for n, want := range map[int][]int{0: {0}, 1: {1}, 2: {1, 2}, 7: {1, 2, 5, 7}, 50: {1, 2, 5, 10, 20, 50}, 120: {1, 2, 5, 10, 20, 50, 100, 120}} {
		if got := steps(n); !slices.Equal(got, want) {
			t.Errorf("steps(%d) = %v, want %v", n, got, want)
		}
	}
}

func score(s float64) *float64 { return &s }
