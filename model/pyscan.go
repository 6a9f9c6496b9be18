package model

import (
	"regexp"
	"slices"
	"strings"
)

// pyLine is one logical line of Python: a statement or a compound statement's
// header, with the physical lines that brackets, triple quotes and backslashes
// join to it.
type pyLine struct {
	start, end int // byte range in the source, the newline included
	indent     int
	text       string // without indentation and newline
	complete   bool   // false when the source ends inside it
}

// scanPython splits Python source into logical lines; blank and comment lines
// are left out. It needs no valid program: it is how truncated completions are
// cut at a statement's end (Python reference, "Lexical analysis").
func scanPython(src string) []pyLine {
	var out []pyLine
	for pos := 0; pos < len(src); {
		end, complete := logicalEnd(src, pos)
		line := src[pos:end]
		text := strings.TrimLeft(line, " \t\f\r")
		indent := indentWidth(line[:len(line)-len(text)])
		text = strings.TrimRight(text, " \t\r\n")
		if text != "" && text[0] != '#' {
			out = append(out, pyLine{pos, end, indent, text, complete})
		}
		pos = end
	}
	return out
}

func indentWidth(space string) int {
	n := 0
	for _, c := range space {
		if c == '\t' {
			n += 8 - n%8
		} else {
			n++
		}
	}
	return n
}

// logicalEnd finds where the logical line that starts at pos ends, and whether
// it is whole: no bracket or string still open at the end of the source.
func logicalEnd(src string, pos int) (end int, complete bool) {
	depth := 0
	for i := pos; i < len(src); {
		switch c := src[i]; c {
		case '(', '[', '{':
			depth++
			i++
		case ')', ']', '}':
			depth = max(0, depth-1)
			i++
		case '#':
			for i < len(src) && src[i] != '\n' {
				i++
			}
		case '\'', '"':
			var ok bool
			if i, ok = stringEnd(src, i); !ok {
				return len(src), false
			}
		case '\\':
			i += 2 // an escaped newline joins the next line
		case '\n':
			i++
			if depth == 0 {
				return i, true
			}
		default:
			i++
		}
	}
	return len(src), depth == 0
}

// stringEnd returns the index after the string literal that opens at i. A
// one-line string that is not closed ends at its newline.
func stringEnd(src string, i int) (int, bool) {
	quote := src[i : i+1]
	long := strings.HasPrefix(src[i:], strings.Repeat(quote, 3))
	if long {
		quote = strings.Repeat(quote, 3)
	}
	for i += len(quote); i < len(src); i++ {
		switch {
		case src[i] == '\\':
			i++
		case strings.HasPrefix(src[i:], quote):
			return i + len(quote), true
		case src[i] == '\n' && !long:
			return i, true // a syntax error for the interpreter to report
		}
	}
	return len(src), false
}

// pyBlock is a top-level statement with its indented body and decorators.
type pyBlock struct {
	start, end int
	head       string // the defining line, decorators skipped
	lines      []pyLine
	complete   bool
}

// hasTests tells whether it is a class of tests, by what it derives from or has.
func (b pyBlock) hasTests() bool {
	return testClass.MatchString(b.head) || strings.HasPrefix(b.head, "class ") &&
		slices.ContainsFunc(b.lines, func(x pyLine) bool { return x.indent > 0 && testDef.MatchString(x.text) })
}

// topBlocks groups logical lines into top-level statements.
func topBlocks(src string) []pyBlock {
	var out []pyBlock
	joined := false // the last block is still waiting for what it decorates
	for _, l := range scanPython(src) {
		continues := len(out) > 0 && (l.indent > 0 || joined || isClause(l.text))
		if !continues {
			out = append(out, pyBlock{start: l.start, head: l.text})
		}
		b := &out[len(out)-1]
		if joined {
			b.head = l.text
		}
		b.lines = append(b.lines, l)
		b.end, b.complete = l.end, l.complete
		joined = l.indent == 0 && strings.HasPrefix(l.text, "@")
	}
	return out
}

// isClause tells the headers that belong to the statement before them.
func isClause(text string) bool {
	switch word := firstWord(text); word {
	case "else", "elif", "except", "finally":
		return true
	}
	return false
}

func firstWord(text string) string {
	for i, c := range text {
		if !isNameRune(c) {
			return text[:i]
		}
	}
	return text
}

func isNameRune(c rune) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// definedName is the name a def or class header binds, "" for other lines.
func definedName(head string) string {
	rest := head
	rest = strings.TrimPrefix(rest, "async ")
	for _, kw := range []string{"def ", "class "} {
		if s, ok := strings.CutPrefix(rest, kw); ok {
			return firstWord(strings.TrimLeft(s, " \t"))
		}
	}
	return ""
}

// definition finds a function or class, at any depth.
var definition = regexp.MustCompile(`(?m)^\s*(?:(?:async\s+)?def|class)\s+\w+\s*[(:]`)

// DefinedNames lists the functions and classes a program defines at top level.
func DefinedNames(program string) map[string]bool {
	names := map[string]bool{}
	for _, b := range topBlocks(program) {
		if n := definedName(b.head); n != "" {
			names[n] = true
		}
	}
	return names
}
