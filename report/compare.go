package report

import (
	"fmt"
	"html/template"
	"io"
	"time"

	"coderm/internal/fsx"
	"coderm/run"
)

// WriteComparison writes two runs side by side as a page, whole or not at all.
func WriteComparison(path string, c *run.Comparison) error {
	return fsx.WriteBuffered(path, func(w io.Writer) error { return writeComparison(w, c) })
}

func writeComparison(w io.Writer, c *run.Comparison) error {
	t, err := template.New("compare.html").Funcs(template.FuncMap{
		"percent": func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
		"share": func(p *float64) string {
			if p == nil {
				return "–"
			}
			return fmt.Sprintf("%.1f", 100**p)
		},
		"points": func(x float64) string { return fmt.Sprintf("%+.1f", 100*x) },
		"choice": func(p run.Pick) string {
			if p.Solution == nil {
				return "none"
			}
			return fmt.Sprintf("#%d", *p.Solution)
		},
		"right": func(p run.Pick) string {
			switch {
			case p.Right == nil:
				return ""
			case *p.Right:
				return "right"
			}
			return "wrong"
		},
	}).ParseFS(page, "page/compare.html")
	if err != nil {
		return fmt.Errorf("comparison template: %w", err)
	}
	style, err := page.ReadFile("page/style.css")
	if err != nil {
		return err
	}
	return t.Execute(w, struct {
		*run.Comparison
		About string
		Sides []run.Side
		Style template.CSS
	}{c, written(), []run.Side{c.A, c.B}, template.CSS(style)})
}

// written says what writes the page, and when.
func written() string {
	return "written on " + time.Now().Format(run.DateForm) + " by coderm " + run.Version()
}
