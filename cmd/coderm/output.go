package main

import (
	"bufio"
	"encoding/json"
	"io"
	"iter"
	"os"

	"coderm/internal/fsx"
	"coderm/internal/table"
	"coderm/problem"
)

// The files of imported data.
const (
	problemsFile  = "problems.jsonl"
	solutionsFile = "solutions.jsonl"
	hiddenFile    = "hidden.jsonl"
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

// writeFile writes a file, whole or not at all, through a buffer.
func writeFile(path string, fill func(io.Writer) error) error {
	return fsx.WriteFile(path, func(f *os.File) error {
		w := bufio.NewWriter(f)
		if err := fill(w); err != nil {
			return err
		}
		return w.Flush()
	})
}

// writeLines writes a JSONL file.
func writeLines[T any](path string, lines iter.Seq[T]) error {
	return writeFile(path, func(w io.Writer) error {
		for v := range lines {
			if err := problem.WriteLine(w, v); err != nil {
				return err
			}
		}
		return nil
	})
}
