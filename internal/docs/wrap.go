// Package docs wraps the documentation's prose, and holds its tests: width,
// links, names, rooms, and the table of environment variables.
package docs

import (
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Width is that of prose in characters.
const Width = 100

// IsPage tells which files of the repository are Markdown that people write; a
// test's may be recorded ones.
func IsPage(file string) bool {
	return path.Ext(file) == ".md" && (!strings.Contains(file, "testdata/") || path.Base(file) == "README.md")
}

var (
	// A word ends at a blank, but not within a link or code.
	word = regexp.MustCompile("(?:!?\\[[^\\]]*\\]\\([^)]*\\)|`+[^`]+`+|\\S)+")
	item = regexp.MustCompile(`^ *(?:[-*]|\d+\.) +`)
	// What begins a line of Markdown must not come to the beginning of one.
	begins = regexp.MustCompile("^(?:[-+*>|]|#{1,6}|\\d+[.)]|[`~]{3}.*)$")
)

// longCode is how long code with blanks in it is kept on one line.
const longCode = 70

// Wrap fills paragraphs and list items to Width. Headings, tables, HTML, empty
// lines and code (fenced, or indented by four after an empty line) stay as they
// are; so does every word.
func Wrap(text string) string {
	w := wrapper{in: strings.Split(text, "\n")}
	for len(w.in) > 0 {
		w.next()
	}
	return strings.Join(w.out, "\n")
}

type wrapper struct {
	in, out []string
	items   []int // columns at which the text of the open list items begins
}

// keep passes n lines on.
func (w *wrapper) keep(n int) {
	w.out = append(w.out, w.in[:n]...)
	w.in = w.in[n:]
}

// next does one block, or one line that stays.
func (w *wrapper) next() {
	line := w.in[0]
	trimmed := strings.TrimSpace(line)
	if fence := fenceOf(trimmed); fence != "" {
		n := 1
		for n < len(w.in) && !strings.HasPrefix(strings.TrimSpace(w.in[n]), fence) {
			n++
		}
		w.keep(min(n+1, len(w.in)))
		return
	}
	if trimmed == "" {
		w.keep(1)
		return
	}
	column := w.column(line)
	code := strings.Repeat(" ", column+4)
	afterEmpty := len(w.out) == 0 || strings.TrimSpace(w.out[len(w.out)-1]) == ""
	switch {
	case afterEmpty && strings.HasPrefix(line, code):
		n := 1
		for n < len(w.in) && strings.HasPrefix(w.in[n], code) {
			n++
		}
		w.keep(n)
	case stays(trimmed):
		w.keep(1)
	default:
		w.paragraph(trimmed, column)
	}
}

// column is where the text of the list item begins that the line belongs to.
func (w *wrapper) column(line string) int {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	for n := len(w.items) - 1; n >= 0; n-- {
		if indent >= w.items[n] {
			return w.items[n]
		}
		w.items = w.items[:n]
	}
	return 0
}

// paragraph fills a paragraph or an item, whose first line is given without
// blanks around it.
func (w *wrapper) paragraph(text string, column int) {
	first := item.FindString(w.in[0])
	if first != "" {
		column = len(first)
		w.items = append(w.items, column)
		text = strings.TrimSpace(w.in[0][column:])
	} else {
		first = strings.Repeat(" ", column)
	}
	n := 1
	for ; n < len(w.in); n++ {
		more := strings.TrimSpace(w.in[n])
		if more == "" || stays(more) || fenceOf(more) != "" || item.MatchString(w.in[n]) {
			break
		}
		text += " " + more
	}
	w.in = w.in[n:]
	if words := split(text); len(words) > 0 {
		w.fill(words, first, strings.Repeat(" ", column))
	} else {
		w.out = append(w.out, strings.TrimRight(first, " "))
	}
}

func (w *wrapper) fill(words []string, first, rest string) {
	line := first + words[0]
	for _, word := range words[1:] {
		if utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= Width || begins.MatchString(word) {
			line += " " + word
			continue
		}
		w.out = append(w.out, line)
		line = rest + word
	}
	w.out = append(w.out, line)
}

// split gives the words of a paragraph.
func split(text string) []string {
	var out []string
	for _, s := range word.FindAllString(text, -1) {
		if len(s) > longCode && !strings.Contains(s, "](") {
			out = append(out, strings.Fields(s)...)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// stays tells of lines that are neither prose nor code.
func stays(trimmed string) bool { return strings.ContainsAny(trimmed[:1], "|#<") }

func fenceOf(trimmed string) string {
	for _, fence := range []string{"```", "~~~"} {
		if strings.HasPrefix(trimmed, fence) {
			return fence
		}
	}
	return ""
}
