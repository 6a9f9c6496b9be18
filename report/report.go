// Package report writes a run as one HTML file that needs no network: summary,
// curves, and for each problem the pass matrix as a heat map.
package report

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"

	"coderm/eval"
)

// Data is what a report shows.
type Data struct {
	Title    string       `json:"title"`
	Settings [][2]string  `json:"-"` // name and value, in order
	Study    *eval.Study  `json:"-"` // nil when the truth is not known
	Problems []Problem    `json:"problems"`
	Selector string       `json:"selector"`
	Plots    []Plot       `json:"-"` // filled by Write
	Totals   []Total      `json:"-"` // the figures at the top
	Rows     []SummaryRow `json:"-"` // filled by Write
}

// Total is one figure at the top of the page.
type Total struct{ Value, Label string }

// Problem is one problem with its pass matrix.
type Problem struct {
	ID       string `json:"id"`
	Question string `json:"question"`
	Chosen   int    `json:"chosen"` // row, -1 for none
	// Rows are the distinct solutions, best first; Columns the tests, the most
	// trusted first.
	Rows    []Row    `json:"rows"`
	Columns []Column `json:"columns"`
	// Cells has a string a row, a digit a column, as in scores.jsonl.
	Cells []string `json:"cells"`
	// Details holds verdict details by "row,column"; Texts are the distinct ones.
	Details map[string]int `json:"details"`
	Texts   []string       `json:"texts"`
	Dropped int            `json:"dropped"` // completions without a test
}

// Row is one distinct solution.
type Row struct {
	Name  string  `json:"name"` // "#3", or "#3 ×4" for four identical ones
	Code  string  `json:"code"`
	Score float64 `json:"score"`
	Rank  int     `json:"rank"`
	Truth *bool   `json:"truth"` // nil when not known
}

// Column is one test, or one method of a test class.
type Column struct {
	Name  string  `json:"name"`
	Code  string  `json:"code"`
	Trust float64 `json:"trust"` // score of solutions that pass it over those that do not
}

// SummaryRow is one selector's line in the accuracy table.
type SummaryRow struct {
	Name string
	eval.Interval
}

//go:embed page
var page embed.FS

// Write writes the report.
func Write(w io.Writer, d Data) error {
	t, err := template.New("page.html").Funcs(template.FuncMap{
		"percent": func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
		"add":     func(a, b int) int { return a + b },
	}).ParseFS(page, "page/page.html")
	if err != nil {
		return fmt.Errorf("report template: %w", err)
	}
	if d.Study != nil {
		if d.Plots, err = plots(d.Study); err != nil {
			return err
		}
		d.Rows = append(d.Rows, SummaryRow{"random pick", d.Study.Random})
		for _, s := range d.Study.Selectors {
			d.Rows = append(d.Rows, SummaryRow{s.Name, s.Accuracy})
		}
		d.Rows = append(d.Rows, SummaryRow{"oracle", d.Study.Oracle})
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
	return t.Execute(w, struct {
		Data
		Style  template.CSS
		Script template.JS
		JSON   template.JS
	}{d, template.CSS(style), template.JS(script), template.JS(data)})
}
