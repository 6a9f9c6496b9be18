package model

import (
	"regexp"
	"strings"
)

// bareCode picks the Python out of lines of prose and code without fences: the
// statements at top level that can be Python, each with the lines that belong to
// it. It needs no valid program, only to tell "import math" from "import it".
func bareCode(l listing) listing {
	l = l.dedent()
	p := newPlain(l)
	var out listing
	taken, inClass := false, false
	for i := 0; i < len(l); {
		text, end := l[i].text, i+1
		switch {
		case isBlank(text):
		case text[0] == '#':
			// A comment is as good as the line it leads to; so is a heading.
			next := p.code[end]
			taken = next < len(l) && p.startsPython(next) || taken && (next == len(l) || isIndented(l[next].text))
		case isIndented(text):
			taken = taken || inClass && memberStart.MatchString(text) // a class goes on after prose
		default:
			if taken = p.startsPython(i); taken {
				inClass = strings.HasPrefix(text, "class ")
			}
		}
		if taken && !isBlank(text) {
			stop, _ := logicalEnd(p.src, p.offsets[i])
			end = max(end, lineAt(p.offsets, stop-1)+1)
		}
		if taken {
			out = append(out, l[i:end]...)
		}
		i = end
	}
	return out.trim()
}

// isPython tells whether a block has nothing but what can be Python.
func isPython(l listing) bool {
	code := bareCode(l)
	return len(code) > 0 && len(code) == len(l.trim())
}

// prose begins as a sentence does and no statement of Python can.
var (
	prose    = regexp.MustCompile(`^(?:[-*>]\s+|\d+[.)]\s+|\*\*)?[A-Z][\w'’-]*(?:,|\*\*:?|:\*\*)?\s+[\w\x60'"]`)
	operator = regexp.MustCompile(`^\w+\s+(?:and|else|for|if|in|is|not|or)\b`)
)

// withoutProse leaves sentences at the margin out of code.
func (l listing) withoutProse() listing {
	src, offsets := l.String(), l.offsets()
	var out listing
	for i := 0; i < len(l); {
		text, end := l[i].text, i+1
		if !isBlank(text) && prose.MatchString(text) && !operator.MatchString(text) {
			i = end
			continue
		}
		if !isBlank(text) {
			stop, _ := logicalEnd(src, offsets[i])
			end = max(end, lineAt(offsets, stop-1)+1)
		}
		out = append(out, l[i:end]...)
		i = end
	}
	return out.trim()
}

var (
	memberStart = regexp.MustCompile(`^\s+(?:@\w|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:])`)
	dotted      = `\.*[\pL_][\w.]*`
	alias       = `(?:\s+as\s+\w+)?`

	// simple are statements that one line tells.
	simple = regexp.MustCompile(`^(?:import\s+` + dotted + alias + `(?:\s*,\s*` + dotted + alias + `)*\s*(?:[#;].*)?` +
		`|from\s+` + dotted + `\s+import\s+(?:\(.*|\*\s*|\w+` + alias + `(?:\s*,\s*\w+` + alias + `)*\s*\\?(?:[#;].*)?)` +
		`|@[\pL_][\w.]*(?:\(.*)?` +
		`|class\s+\w+\s*(?:\(.*|:.*)` +
		`|(?:async\s+)?def\s+\w+\s*\(.*` +
		`|(?:"""|''').*|[rR](?:"""|''').*` +
		`|pass|(?:assert|del|raise)\s+[^.]*[\w\])'"]\s*|unittest\.main\(.*|if\s+__name__\s*==.*)$`)
	// assignment and call begin with a name.
	assignment = regexp.MustCompile(`^[\pL_][\w.]*(?:\[[^\]]*\])*(?:\s*,\s*[\pL_]\w*)*\s*(?::\s*[\w.\[\], "']+)?\s*(?:[-+*/%&|^@]|//|\*\*|>>|<<)?=(?:[^=].*)?$`)
	call       = regexp.MustCompile(`^[\pL_][\w.]*\(`)
	// compound statements need a body below.
	compound = regexp.MustCompile(`^(?:(?:if|elif|while|with|except|match)\b.*|for\s.*\sin\s.*|async\s.*|else\s*|try\s*|finally\s*|except\s*):\s*(?:#.*)?$`)
)

// plain is text of which some may be Python.
type plain struct {
	listing
	src     string
	offsets []int
	code    []int // by line: the first from there on that is neither blank nor a comment
}

func newPlain(l listing) plain {
	p := plain{l, l.String(), l.offsets(), make([]int, len(l)+1)}
	p.code[len(l)] = len(l)
	for i := len(l) - 1; i >= 0; i-- {
		p.code[i] = i
		if isBlank(l[i].text) || l[i].text[0] == '#' {
			p.code[i] = p.code[i+1]
		}
	}
	return p
}

// startsPython tells whether a line can begin a statement at top level.
func (p plain) startsPython(i int) bool {
	first := strings.TrimRight(p.listing[i].text, " \t")
	switch {
	case simple.MatchString(first), assignment.MatchString(first):
		return true
	case call.MatchString(first):
		end, whole := logicalEnd(p.src, p.offsets[i])
		return !whole || strings.HasSuffix(strings.TrimRight(p.src[p.offsets[i]:end], " \t\n"), ")")
	case compound.MatchString(first):
		next := p.code[i+1]
		return next < len(p.listing) && isIndented(p.listing[next].text)
	}
	return false
}

func isIndented(s string) bool { return strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\t") }
