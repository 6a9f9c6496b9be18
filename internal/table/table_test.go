package table

import (
	"errors"
	"strings"
	"testing"
)

func write(begin func(*strings.Builder) *Table) string {
	var b strings.Builder
	t := begin(&b)
	t.Row("x", 1, "")
	t.Row("größer|\x1b[2J", 0.5, "a\nb")
	t.Row("", "", "c")
	t.Flush()
	return b.String()
}

func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		begin func(*strings.Builder) *Table
		want  string
	}{
		"plain": {
			func(b *strings.Builder) *Table { return Plain(b, Left("NAME"), Right("N"), Left("REST")) },
			"NAME                N  REST\n" +
				"x                   1  \n" +
				"größer|\\u001b[2J  0.5  a\\u000ab\n" +
				"                       c\n",
		},
		"Markdown": {
			func(b *strings.Builder) *Table { return Markdown(b, Left("NAME"), Right("N"), Left("REST")) },
			"| NAME | N | REST |\n|---|--:|---|\n| x | 1 | |\n| größer\\|\\u001b[2J | 0.5 | a\\u000ab |\n| | | c |\n",
		},
	} {
		if got := write(c.begin); got != c.want {
			t.Errorf("%s:\n%swant\n%s", name, got, c.want)
		}
	}
}

// Rows of Markdown are there before the table is complete.
func TestMarkdownStreams(t *testing.T) {
	var b strings.Builder
	table := Markdown(&b, Left("a"))
	table.Row(1)
	if want := "| a |\n|---|\n| 1 |\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestErrors(t *testing.T) {
	for name, table := range map[string]*Table{"plain": Plain(full{}, Left("a")), "Markdown": Markdown(full{}, Left("a"))} {
		table.Row(1)
		if err := table.Flush(); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
