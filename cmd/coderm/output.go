package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"text/tabwriter"

	"coderm/internal/term"
	"coderm/problem"
	"coderm/weights/atomicfile"
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

// writeTable prints rows under a header with aligned columns.
func writeTable(w io.Writer, header []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(header, "\t"))
	for _, r := range rows {
		cells := make([]string, len(r))
		for i, c := range r {
			cells[i] = term.Line(c) // as it will be seen, or the columns are not aligned
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

// writeFile writes a file, whole or not at all, through a buffer.
func writeFile(path string, fill func(io.Writer) error) error {
	return atomicfile.Write(path, func(f *os.File) error {
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
