package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"coderm/journal"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

func returned(n byte) problem.Observation {
	return problem.Observation{Ending: problem.Returned, Digest: [16]byte{n}, Text: fmt.Sprint(n)}
}

var typeError = problem.Observation{Ending: problem.Raised, Text: "TypeError"}

// observed is a result of four solutions, five samples; row 2 is chosen, row 1 next.
func observed(calls ...[]problem.Observation) pipeline.Result {
	m := rerank.NewMatrix(4, 0)
	m.Group(nil)
	m.SetWeight(0, 2)
	r := pipeline.Result{
		Rows: []string{"a", "b", "c", "d"}, RowOf: []int{0, 1, 2, 3, 0}, Evidence: rerank.Evidence{Matrix: m},
		Ranking: []rerank.Ranked{{Solution: 2, Score: 3}, {Solution: 1, Score: 2, Tie: 1}, {Solution: 0, Tie: 2}, {Solution: 3, Tie: 2}},
		Choice:  &journal.Choice{Solution: 2}, Truth: []bool{true, false, true, false},
	}
	for i, rows := range calls {
		o := problem.Origin{Source: problem.Observed, Part: i}
		if i > 0 {
			o.Generation = problem.Mutated
		}
		r.Calls = append(r.Calls, pipeline.Observed{Origin: o, Call: fmt.Sprintf("f(%d)", i), Rows: rows})
	}
	return r
}

// The deciding calls come first, those first on which most side with either; then
// those that divide the samples most. Rows are by their place on the page.
func TestCalls(t *testing.T) {
	r := observed(
		[]problem.Observation{returned(1), returned(1), returned(1), returned(1)}, // all agree
		[]problem.Observation{returned(1), returned(2), returned(2), typeError},   // the two agree
		[]problem.Observation{returned(4), typeError, returned(3), {}},            // they differ, alone
		[]problem.Observation{returned(1), returned(1), returned(2), returned(2)}, // they differ, in company
	)
	yes := func(n int) *int { return &n }
	want := []Call{
		{Call: "f(3)", Mutated: true, Deciding: true, Groups: []Group{
			{What: "1", Returned: true, Mark: "runner-up", Rows: []int{1, 2}, Samples: 3, Right: yes(2)},
			{What: "2", Returned: true, Mark: "chosen", Rows: []int{0, 3}, Samples: 2, Right: yes(1)},
		}},
		{Call: "f(2)", Mutated: true, Deciding: true, Groups: []Group{
			{What: "4", Returned: true, Rows: []int{2}, Samples: 2, Right: yes(2)},
			{What: "3", Returned: true, Mark: "chosen", Rows: []int{0}, Samples: 1, Right: yes(1)},
			{What: "raised TypeError", Mark: "runner-up", Rows: []int{1}, Samples: 1, Right: yes(0)},
			{What: "was not observed", Rows: []int{3}, Samples: 1, Right: yes(0)},
		}},
		{Call: "f(1)", Mutated: true, Groups: []Group{
			{What: "2", Returned: true, Mark: "chosen and runner-up", Rows: []int{0, 1}, Samples: 2, Right: yes(1)},
			{What: "1", Returned: true, Rows: []int{2}, Samples: 2, Right: yes(2)},
			{What: "raised TypeError", Rows: []int{3}, Samples: 1, Right: yes(0)},
		}},
		{Call: "f(0)", Groups: []Group{
			{What: "1", Returned: true, Mark: "chosen and runner-up", Rows: []int{0, 1, 2, 3}, Samples: 5, Right: yes(3)},
		}},
	}
	p := layOut(r)
	if d := cmp.Diff(want, p.Calls); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if p.Observed != 4 || p.Deciding != 2 {
		t.Errorf("%d observed, %d deciding; want 4, 2", p.Observed, p.Deciding)
	}
	r.Ranking, r.Choice, r.Truth = nil, nil, nil
	if p = layOut(r); p.Deciding != 0 || p.Calls[0].Call != "f(1)" || p.Calls[0].Groups[0].Right != nil {
		t.Errorf("without a choice: %+v", p.Calls)
	}
}

// Many calls, results and characters are bounded; what the chosen and the runner-up
// did is never left out.
func TestCallsBounded(t *testing.T) {
	const rows = 50
	m := rerank.NewMatrix(rows, 0)
	r := pipeline.Result{Rows: make([]string, rows), Evidence: rerank.Evidence{Matrix: m}, Choice: &journal.Choice{Solution: rows - 1}}
	for i := range rows {
		r.RowOf = append(r.RowOf, i)
		r.Ranking = append(r.Ranking, rerank.Ranked{Solution: rows - 1 - i, Tie: i})
	}
	for i := range 40 {
		o := pipeline.Observed{Origin: problem.Origin{Source: problem.Observed, Part: i}, Call: strings.Repeat("ü", 1000)}
		for k := range rows {
			o.Rows = append(o.Rows, returned(byte(min(k, rows-3+k%2))))
		}
		r.Calls = append(r.Calls, o)
	}
	p := layOut(r)
	if len(p.Calls) != maxCalls || p.Observed != 40 || p.Deciding != 40 {
		t.Fatalf("%d calls shown of %d, %d deciding", len(p.Calls), p.Observed, p.Deciding)
	}
	c := p.Calls[0]
	marks, samples := "", c.MoreSamples
	for _, g := range c.Groups {
		marks += g.Mark
		samples += g.Samples
	}
	if len(c.Groups) > maxGroups+2 || c.More == 0 || samples != rows || !strings.Contains(marks, "chosen") || !strings.Contains(marks, "runner-up") {
		t.Errorf("%d groups, %d more, %d samples, marks %q", len(c.Groups), c.More, samples, marks)
	}
	if n := len([]rune(c.Call)); n != maxCallText {
		t.Errorf("a call of %d characters", n)
	}
}

// What solutions return is text and nothing else; it stays inside narrow pages, and
// a solution's name leads to its code.
func TestOutputsInBrowser(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	ctx, complaints := show(t, b.Bytes())
	var title, heading, first, solution string
	var wide, narrow, hidden bool
	const inside = `document.documentElement.scrollWidth <= document.documentElement.clientWidth`
	err := chromedp.Run(ctx,
		chromedp.Title(&title),
		chromedp.Text("#outputs-title", &heading),
		chromedp.Text(".call", &first),
		chromedp.Evaluate(inside, &wide),
		chromedp.Focus(`.call li:nth-child(2) button`),
		chromedp.KeyEvent("\r"),
		chromedp.WaitVisible("#cell"),
		chromedp.Text("#solution", &solution),
		emulation.SetDeviceMetricsOverride(360, 700, 1, true),
		chromedp.Evaluate(inside, &narrow),
		chromedp.Evaluate(`document.querySelector('#list button[data-index="1"]').click(), document.getElementById("outputs").hidden`, &hidden),
	)
	if err != nil {
		t.Fatal(err)
	}
	if title != "Run <sample>" || heading != "what solutions return: 2 of 20 observed calls; chosen and runner-up differ on 1, shown first" {
		t.Errorf("title %q, heading %q", title, heading)
	}
	for _, want := range []string{`f("</script><b>")`, "deciding", "mutated", "document.title = 'forged'", "2 samples, right", "raised <b>", "1 sample, wrong", "runner-up", "2 more results, of 7 samples"} {
		if !strings.Contains(first, want) {
			t.Errorf("the first call lacks %q: %q", want, first)
		}
	}
	if strings.TrimSpace(solution) != "def f(x): return 0" {
		t.Errorf("the second group's solution is %q", solution)
	}
	if !wide || !narrow || !hidden {
		t.Errorf("inside a wide page: %v, a narrow one: %v; hidden without calls: %v", wide, narrow, hidden)
	}
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %q", *complaints)
	}
}
