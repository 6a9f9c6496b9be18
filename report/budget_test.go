package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"coderm/budget"
	"coderm/difficulty/replay"
	"coderm/internal/stats"
)

func sampleReplay(budgets ...float64) *replay.Result {
	r := &replay.Result{Selector: "auto", Problems: 40, Draws: 20, Folds: 5, Notes: []string{"a <note>"}}
	for _, b := range budgets {
		for n, policy := range []string{budget.PolicyUniform, budget.PolicyAdaptive, replay.PolicyBound} {
			at := 0.5 + 0.02*float64(n)
			gain := stats.Interval{Mean: 0.02 * float64(n), Low: 0.02*float64(n) - 0.01, High: 0.02*float64(n) + 0.01}
			r.Rows = append(r.Rows, replay.Row{
				Budget: b, Policy: policy, Spent: b, Accuracy: stats.Interval{Mean: at, Low: at - 0.1, High: at + 0.1}, Gain: gain, Saved: 0.3,
			})
		}
	}
	return r
}

func sampleAblation() *replay.Ablation {
	a := &replay.Ablation{Problems: 40, Folds: 10}
	for _, model := range []string{"logistic regression", "two layers"} {
		a.Rows = append(a.Rows, replay.AblationRow{Features: "text", Model: model, Scores: replay.Scores{
			Brier: 0.05, AUC: 0.8, Spearman: stats.Interval{Mean: 0.5, Low: 0.4, High: 0.6},
			Reliability: []replay.ReliabilityBin{{Predicted: 0.1, Observed: 0.2, Problems: 20}, {Predicted: 0.7, Observed: 0.6, Problems: 20}},
		}})
	}
	return a
}

// A page of budgets alone has no matrices, and no script for them.
func TestWriteBudgetsOnly(t *testing.T) {
	for _, budgets := range [][]float64{{1, 2, 5, 10}, {3}, {1}} {
		var b bytes.Buffer
		if err := Write(&b, Data{Title: "Budgets", Replay: sampleReplay(budgets...), Ablation: sampleAblation()}); err != nil {
			t.Fatal(err)
		}
		page := b.String()
		for _, want := range []string{"Budgets of tests", "a &lt;note&gt;", "Accuracy by mean tests", "Gain over an even division", "Reliability: ", "upper bound", "30.0 %",
			fmt.Sprintf(">%g</text>", budgets[len(budgets)-1])} {
			if !strings.Contains(page, want) {
				t.Errorf("%v: the page lacks %q", budgets, want)
			}
		}
		if n := strings.Count(page, "<figcaption>"); n != 3 {
			t.Errorf("%v: %d figures, want 3", budgets, n)
		}
		if strings.Contains(page, "<script") || strings.Contains(page, "<canvas") {
			t.Errorf("%v: the page has a matrix to draw", budgets)
		}
	}
}

// In a browser the figures have their size and stay inside the page, in light
// and in dark.
func TestBudgetsInBrowser(t *testing.T) {
	d := sample()
	d.Replay, d.Ablation = sampleReplay(1, 2, 5, 10), sampleAblation()
	var b bytes.Buffer
	if err := Write(&b, d); err != nil {
		t.Fatal(err)
	}
	ctx, complaints := show(t, b.Bytes())
	var figures int
	var inside bool
	err := chromedp.Run(ctx,
		chromedp.Evaluate(`[...document.querySelectorAll("figure svg")].filter(s => s.getBoundingClientRect().width > 300 && s.getBoundingClientRect().height > 150).length`, &figures),
		chromedp.Evaluate(`document.documentElement.scrollWidth <= document.documentElement.clientWidth`, &inside),
	)
	if err != nil {
		t.Fatal(err)
	}
	if figures != 5 || !inside {
		t.Errorf("%d figures of full size, inside the page: %v; want 5, true", figures, inside)
	}
	if len(*complaints) > 0 {
		t.Errorf("the browser complains: %q", *complaints)
	}
}
