package report

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"coderm/eval"
	"coderm/internal/stats"
	"coderm/internal/testkit/browser"
)

// sample is a report of one hostile and one ordinary problem.
func sample() Data {
	yes, no := true, false
	p := Problem{
		ID: "t/1", Question: `</script><script>document.title = "forged"</script>`, Chosen: 0,
		Rows: []Row{
			{Name: "#1 ×2", Samples: 2, Code: "def f(x):\n    return x < 3 & 1\n", Score: score(2), Truth: &yes},
			{Name: "#0", Samples: 1, Code: "def f(x): return 0\n", Score: score(1), Truth: &no},
		},
		Columns: []Column{{Name: "0", Code: "assert f(1)", Trust: 1}, {Name: "1 test_two", Code: "assert f(2)", Trust: 0.25}, {Name: "2", Code: "assert g()", Trust: 0}},
		Cells:   []string{"112", "012"},
		Details: map[string]int{"0,2": 0, "1,2": 0, "1,0": 1},
		Texts:   []string{"NameError: name 'g' is not defined", "AssertionError"},
		Dropped: 3, Observed: 20, Deciding: 1,
		Calls: []Call{
			{Call: `f("</script><b>")`, Mutated: true, Deciding: true, MoreSamples: 7, More: 2, Groups: []Group{
				{What: `"</script><script>document.title = 'forged'</script>\u202e` + strings.Repeat("x", 150) + `"`, Returned: true, Mark: "chosen", Rows: []int{0}, Samples: 2, Right: count(2)},
				{What: "raised <b>", Mark: "runner-up", Rows: []int{1}, Samples: 1, Right: count(0)},
			}},
			{Call: "f(2)", Groups: []Group{{What: "1", Returned: true, Mark: "chosen and runner-up", Rows: []int{0, 1}, Samples: 3, Right: count(2)}}},
		},
	}
	interval := stats.Interval{Mean: 0.6, Low: 0.5, High: 0.7}
	return Data{
		Title: "Run <sample>", Settings: [][2]string{{"seed", "1"}}, Problems: []Problem{p, big()},
		Totals: []Total{{"2", "problems"}},
		Study: &eval.Study{
			Problems: 2, Random: interval, Oracle: interval,
			Selectors: []eval.SelectorScore{{Name: "auto", Accuracy: interval}},
			Quintiles: []eval.Quintile{
				{Problems: 1, Random: 0.9, Oracle: 1, Accuracy: map[string]float64{"auto": 1}},
				{Problems: 1, Random: 0.1, Oracle: 1, Accuracy: map[string]float64{"auto": 0.5}},
			},
			Curves: []eval.Curve{{Axis: "tests", Selector: "auto", Points: []eval.Point{{Size: 1, Accuracy: 0.5}, {Size: 2, Accuracy: 0.55}, {Size: 5, Accuracy: 0.6}}}},
		},
	}
}

func count(n int) *int { return &n }

// big is a 500 × 500 matrix.
func big() Problem {
	p := Problem{ID: "t/big", Question: "q", Chosen: -1, Details: map[string]int{}}
	for i := range 500 {
		p.Rows = append(p.Rows, Row{Name: fmt.Sprintf("#%d", i), Code: "x", Score: score(float64(500 - i))})
		p.Columns = append(p.Columns, Column{Name: fmt.Sprint(i), Code: fmt.Sprintf("assert %d", i)})
		p.Cells = append(p.Cells, strings.Repeat("01", 250))
	}
	return p
}

func TestWrite(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"Run &lt;sample&gt;", "<figcaption>Accuracy by number of tests a problem", "Accuracy by fifths", ">60.0<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, never := range []string{"</script><script>document", "http://", "https://", "<?xml"} {
		if strings.Contains(strings.ReplaceAll(page, "http://www.w3.org/", ""), never) {
			t.Errorf("the page has %q", never)
		}
	}
	if strings.Count(page, "<script") != 2 {
		t.Errorf("%d script elements, want 2", strings.Count(page, "<script"))
	}
}

func TestWriteWithoutTruth(t *testing.T) {
	d := sample()
	d.Study = nil
	var b bytes.Buffer
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<figcaption>") {
		t.Error("a figure without a study")
	}
}

// show shows the page to a browser.
func show(t *testing.T, page []byte) (context.Context, *[]string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	}))
	t.Cleanup(srv.Close)
	return browser.Open(t, srv.URL, "#matrix")
}

// click clicks the middle of a cell of a matrix drawn with cells of size px.
func click(row, column int, size float64) chromedp.Action {
	return chromedp.Evaluate(clickScript(row, column, size), nil)
}

func clickScript(row, column int, size float64) string {
	return fmt.Sprintf(`(() => {
		const c = document.getElementById("matrix"), r = c.getBoundingClientRect();
		c.dispatchEvent(new MouseEvent("click", {bubbles: true, clientX: r.left + 22 + %g, clientY: r.top + 16 + %g}));
	})()`, (float64(column)+0.5)*size, (float64(row)+0.5)*size)
}

func TestInBrowser(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample()); err != nil {
		t.Fatal(err)
	}
	ctx, complaints := show(t, b.Bytes())
	var title, outcome, solution, test, bigTest string
	var width float64
	err := chromedp.Run(ctx,
		chromedp.Title(&title),
		click(1, 0, 22), // two columns on a wide page: the largest cells
		chromedp.WaitVisible("#cell"),
		chromedp.Text("#outcome", &outcome),
		chromedp.Text("#solution", &solution),
		chromedp.Text("#test-name", &test),
		chromedp.Click(`#list button[data-index="1"]`),
		chromedp.Evaluate(`document.getElementById("matrix").getBoundingClientRect().width`, &width),
		click(400, 499, 3), // 500 columns: the smallest
		chromedp.Text("#test", &bigTest),
	)
	if err != nil {
		t.Fatal(err)
	}
	if title != "Run <sample>" {
		t.Errorf("the title is %q: the question broke out of its place", title)
	}
	if outcome != "fail: AssertionError" || strings.TrimSpace(solution) != "def f(x): return 0" || test != "test 0, trust 1.00" {
		t.Errorf("a click on row 1, column 0 showed %q, %q, %q", outcome, solution, test)
	}
	if width != 22+500*3 || bigTest != "assert 499" {
		t.Errorf("the 500 × 500 matrix is %g px wide and a click on column 499 showed %q", width, bigTest)
	}
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %q", *complaints)
	}
}

// Problems without tests show, examples and calls are columns, the address says what
// is shown, and the search finds what is in texts.
func TestBrowsing(t *testing.T) {
	d := sample()
	yes := true
	d.Running = true
	d.Problems[0].Columns = append([]Column{{Name: "example 1", Code: "assert f(0)", Example: true}}, d.Problems[0].Columns...)
	d.Problems[0].Cells = []string{"1112", "0012"}
	d.Problems = append(d.Problems, Problem{ID: "t/none", Question: "q", Chosen: 0, Rows: []Row{{Name: "#5, #2", Samples: 2, Code: "needle", Truth: &yes}}, Columns: []Column{}, Cells: []string{""}})
	var b bytes.Buffer
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	ctx, complaints := show(t, b.Bytes())
	var none, found, address, outcome, running, tip, hardest string
	var listed int
	err := chromedp.Run(ctx,
		chromedp.Text("header .running", &running),
		chromedp.Click(`#list button[data-index="2"]`),
		chromedp.Text("#verdict", &none),
		chromedp.SendKeys("#filter", "NEEDLE"),
		chromedp.Evaluate(`[...document.querySelectorAll("#list li")].filter(e => !e.hidden).length`, &listed),
		chromedp.Text(`#list li:not([hidden])`, &found),
		chromedp.Evaluate(`location.hash = "#" + new URLSearchParams({p: "t/1", s: "#0", t: 4})`, nil),
		chromedp.WaitVisible("#cell"),
		chromedp.Text("#outcome", &outcome),
		chromedp.Evaluate(`decodeURIComponent(location.hash)`, &address),
		chromedp.Evaluate(strings.Replace(clickScript(1, 0, 22), `"click"`, `"mousemove"`, 1), nil),
		chromedp.Text("#tip", &tip),
		chromedp.Evaluate(`(() => { const o = document.getElementById("list-order"); o.value = "hard"; o.onchange({target: o}); })()`, nil),
		chromedp.Evaluate(`[...document.querySelectorAll("#list button")].map(b => b.firstChild.data).join(" ")`, &hardest),
	)
	if err != nil {
		t.Fatal(err)
	}
	if none != "1 distinct solutions (2 of all 2 are right), 0 examples, no tests; chosen: #5, #2, ruled out, right" {
		t.Errorf("without tests: %q", none)
	}
	if listed != 1 || !strings.Contains(found, "t/none") {
		t.Errorf("the search lists %d: %q", listed, found)
	}
	if outcome != "raised, or ran out of a limit: raised <b>" || address != "#p=t/1&s=#0&t=4" {
		t.Errorf("the address %q shows %q", address, outcome)
	}
	if tip != "#0 · example 1 · fail: AssertionError" {
		t.Errorf("the pointer on a cell shows %q", tip)
	}
	if hardest != "t/1 t/none t/big" { // 2 of 3 are right, all, nobody knows
		t.Errorf("the hardest first: %s", hardest)
	}
	if !strings.Contains(running, "The run is going on") {
		t.Errorf("%q does not say that the run is going on", running)
	}
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %q", *complaints)
	}
}
