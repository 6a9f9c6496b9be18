// Package table writes tables: with aligned columns for a screen, or in Markdown.
package table

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"coderm/internal/term"
)

// Column is a column's name and side.
type Column struct {
	Name  string
	Right bool // for numbers
}

// Left are columns of text.
func Left(names ...string) []Column { return columns(names, false) }

// Right are columns of numbers.
func Right(names ...string) []Column { return columns(names, true) }

func columns(names []string, right bool) []Column {
	out := make([]Column, len(names))
	for i, name := range names {
		out[i] = Column{name, right}
	}
	return out
}

// Table is a table being written. What cells hold that a terminal could obey, or
// that ends a line, is spelled out (term.Line).
type Table struct {
	w       io.Writer
	columns []Column
	plain   [][]string // rows held back until their widths are known; nil in Markdown
	err     error
}

// Plain begins a table that appears with Flush, its columns two blanks apart.
func Plain(w io.Writer, groups ...[]Column) *Table {
	t := &Table{w: w, plain: [][]string{}}
	t.begin(groups)
	return t
}

// Markdown begins a table in GitHub's Markdown; every row is written at once.
func Markdown(w io.Writer, groups ...[]Column) *Table {
	t := &Table{w: w}
	t.begin(groups)
	if t.err == nil {
		rule := "|"
		for _, c := range t.columns {
			if c.Right {
				rule += "--:|"
			} else {
				rule += "---|"
			}
		}
		_, t.err = io.WriteString(w, rule+"\n")
	}
	return t
}

func (t *Table) begin(groups [][]Column) {
	var names []any
	for _, g := range groups {
		for _, c := range g {
			t.columns, names = append(t.columns, c), append(names, c.Name)
		}
	}
	t.Row(names...)
}

// Row adds a row, a cell for each column; cells that are no text are written as
// fmt.Sprint does.
func (t *Table) Row(cells ...any) {
	if len(cells) != len(t.columns) {
		panic(fmt.Sprintf("a row of %d cells in a table of %d columns", len(cells), len(t.columns)))
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = term.Line(fmt.Sprint(c))
	}
	if t.plain != nil {
		t.plain = append(t.plain, row)
		return
	}
	if t.err != nil {
		return
	}
	line := "|"
	for _, cell := range row {
		if cell != "" {
			line += " " + strings.ReplaceAll(cell, "|", `\|`)
		}
		line += " |"
	}
	_, t.err = io.WriteString(t.w, line+"\n")
}

// Flush writes what is held back. It returns the first error there was.
func (t *Table) Flush() error {
	width := make([]int, len(t.columns))
	for _, row := range t.plain {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range t.plain {
		for i, cell := range row {
			blanks := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			switch last := i == len(row)-1; {
			case t.columns[i].Right:
				cell = blanks + cell
			case !last:
				cell += blanks
			}
			if i > 0 {
				b.WriteString("  ")
			}
			b.WriteString(cell)
		}
		b.WriteByte('\n')
	}
	if t.plain = t.plain[:0]; t.err == nil && b.Len() > 0 {
		_, t.err = io.WriteString(t.w, b.String())
	}
	return t.err
}
