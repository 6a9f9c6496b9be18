// Package report writes a run as one HTML file that needs no network: summary,
// curves, and for each problem the pass matrix as a heat map.
package report

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"

	"coderm/difficulty/replay"
	"coderm/eval"
	"coderm/internal/stats"
	"coderm/run"
)

// Data is what a report shows.
type Data struct {
	Title    string      `json:"-"`
	Run      run.About   `json:"-"`
	Running  bool        `json:"-"` // another process is working on the run
	Totals   []Total     `json:"-"` // the figures at the top
	Settings [][2]string `json:"-"` // name and value, in order
	Study    *eval.Study `json:"-"` // nil when the truth is not known
	// What became of budgets of tests, and of predicting pass rates; nil when
	// that was not asked for.
	Replay   *replay.Result   `json:"-"`
	Ablation *replay.Ablation `json:"-"`
	Problems []Problem        `json:"problems"`
}

// Total is one figure at the top of the page.
type Total struct{ Value, Label string }

// Problem is one problem with its pass matrix.
type Problem struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Chosen   int    `json:"chosen"` // row, -1 for none
	// Rows are the distinct solutions, best first, those out of the running last;
	// Columns the tests, the most trusted first.
	Rows    []Row    `json:"rows"`
	Columns []Column `json:"columns"`
	// Calls are the most telling of the Observed calls.
	Calls    []Call `json:"calls,omitempty"`
	Observed int    `json:"observed,omitempty"`
	Deciding int    `json:"deciding,omitempty"` // calls on which chosen and runner-up differ
	// Cells has a string a row, a digit a column, as in pass matrix files.
	Cells []string `json:"cells"`
	// Details holds verdict details by "row,column"; Texts are the distinct ones.
	Details map[string]int `json:"details"`
	Texts   []string       `json:"texts"`
	Traces  []Trace        `json:"traces,omitempty"`
	Dropped int            `json:"dropped"` // completions without a test
	Missing string         `json:"missing"` // why completions are missing
	// Unread lists what of the completions is in no test, and why: of those
	// without a test all, with the reason.
	Unread []Unread `json:"unread,omitempty"`
}

// Row is one distinct solution.
type Row struct {
	Name    string   `json:"name"`    // "#3", or "#3, #5, … ×4" for four identical ones
	Samples int      `json:"samples"` // how many these are
	Code    string   `json:"code"`
	Score   *float64 `json:"score"`  // nil where public tests ruled it out
	Public  string   `json:"public"` // how many of the public tests it passes, "1 of 2"; empty without any
	Truth   *bool    `json:"truth"`  // nil when not known
	Why     string   `json:"why,omitempty"`
}

// Column is one test, or one method of a test class.
type Column struct {
	Name string `json:"name"`
	Code string `json:"code"`
	// Example says that it is one of the question's own, which stand first.
	Example bool `json:"example,omitempty"`
	// Trust is the mean score of the solutions that pass it less that of the
	// others, scores scaled to 0 to 1: from -1 to 1.
	Trust float64 `json:"trust"`
	// Made are the places of its calls in the problem's Traces.
	Made []int `json:"made,omitempty"`
	// Wanted is what a plain assert says that its one call gives.
	Wanted string `json:"wanted,omitempty"`
}

// Unread is what was not read of one completion.
type Unread struct {
	Generation int      `json:"generation"`
	Dropped    string   `json:"dropped,omitempty"` // why there is no test; empty when there is
	Cut        []string `json:"cut,omitempty"`     // "lines 1 to 3, prose: …"
}

// summaryRow is one selector's line in the accuracy table.
type summaryRow struct {
	Name string
	stats.Interval
}

// oracle is what the page calls the choice that is right wherever any solution is.
const oracle = "oracle (any is right)"

// summary lists the selectors between the random pick and the oracle.
func summary(s *eval.Study) []summaryRow {
	rows := []summaryRow{{"random pick", s.Random}}
	for _, sel := range s.Selectors {
		rows = append(rows, summaryRow{eval.Label(sel.Name), sel.Accuracy})
	}
	return append(rows, summaryRow{oracle, s.Oracle})
}

//go:embed page
var page embed.FS

// Write writes the report.
func Write(w io.Writer, d Data) error {
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"percent": func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
		"points":  func(x float64) string { return fmt.Sprintf("%+.1f", 100*x) },
	}).ParseFS(page, "page/page.html")
	if err != nil {
		return fmt.Errorf("report template: %w", err)
	}
	content := struct {
		Data
		Rows        []summaryRow
		Plots       []figure
		ReplayPlots []figure
		Reliability figure
		Style       template.CSS
		Script      template.JS
		JSON        template.JS
	}{Data: d}
	if d.Study != nil {
		if content.Plots, err = plots(d.Study); err != nil {
			return err
		}
		content.Rows = summary(d.Study)
	}
	if d.Replay != nil {
		if content.ReplayPlots, err = replayFigures(d.Replay); err != nil {
			return err
		}
	}
	if d.Ablation != nil {
		if content.Reliability, err = reliabilityFigure(d.Ablation); err != nil {
			return fmt.Errorf("plotting the reliability: %w", err)
		}
	}
	// encoding/json escapes <, > and &: the data cannot end its script element.
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("report data: %w", err)
	}
	style, err := page.ReadFile("page/style.css")
	if err != nil {
		return err
	}
	script, err := page.ReadFile("page/script.js")
	if err != nil {
		return err
	}
	content.Style, content.Script, content.JSON = template.CSS(style), template.JS(script), template.JS(data)
	return t.Execute(w, content)
}
