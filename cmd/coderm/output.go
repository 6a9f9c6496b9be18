package main

import (
	"encoding/json"
	"io"

	"coderm/internal/table"
)

// printJSON writes v to standard output as indented JSON.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeTable prints rows of text under a header.
func writeTable(w io.Writer, header []string, rows [][]string) error {
	t := table.Plain(w, table.Left(header...))
	for _, r := range rows {
		cells := make([]any, len(r))
		for i, c := range r {
			cells[i] = c
		}
		t.Row(cells...)
	}
	return t.Flush()
}
