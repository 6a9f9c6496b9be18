// Package public finds the tests that a problem's own text states: the examples
// of its docstring. They are right far more often than generated tests, and cost
// nothing.
package public

import (
	"regexp"
	"strings"

	"coderm/problem"
)

// Tests lists the problem's public tests as assert statements: those of the
// problem file, or the examples its question shows of the function asked for,
//
//	>>> f([1, 2], 3)
//	6
//	f("a") == "b"     and with =>, ->, ➞, →, =, "returns", "should return", "is"
//
// Arguments and results must be literals, so that nothing of the question's
// prose is ever run. Each is listed once.
func Tests(p problem.Problem) []string {
	if p.Public != nil {
		return p.Public
	}
	if p.EntryPoint == "" {
		return nil
	}
	text := p.Question
	if _, after, ok := cutLast(text, "def "+p.EntryPoint+"("); ok {
		text = after // not the examples of the functions before it
	}
	var out []string
	seen := map[string]bool{}
	name := p.EntryPoint + "("
	for at := 0; ; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return out
		}
		start := at + i
		at = start + len(name)
		if start > 0 && (isWord(text[start-1]) || text[start-1] == '.') {
			continue
		}
		call := arguments(text[at:])
		if call < 0 {
			continue
		}
		result, n := stated(text[at+call:])
		if n < 0 {
			continue
		}
		test := "assert " + text[start:at+call] + " == " + result
		if !seen[test] {
			seen[test] = true
			out = append(out, test)
		}
		at += call + n
	}
}

// says matches what stands between a call and its result.
var says = regexp.MustCompile(`^[ \t]*(?:(?:#[ \t]*)?(?:==>|=>|==|➞|→|->|=|(?:should )?returns?:?|(?:should be|is)\b)[ \t]*|\r?\n[ \t]*)`)

// stated reads the literal a call is said to give, and its end; -1 where none
// is stated or the text goes on in a way that makes it part of something else.
func stated(text string) (result string, end int) {
	m := says.FindStringIndex(text)
	if m == nil {
		return "", -1
	}
	rest := text[m[1]:]
	n := literal(rest)
	if n < 0 || !ends(rest[n:]) {
		return "", -1
	}
	return rest[:n], m[1] + n
}

// ends tells whether a literal may end before rest: nothing calls, indexes or
// reckons with it.
func ends(rest string) bool {
	if rest != "" && (isWord(rest[0]) || rest[0] == '(') {
		return false
	}
	rest = strings.TrimLeft(rest, " \t")
	if strings.HasPrefix(rest, ".") { // the end of a sentence, not an attribute
		return len(rest) == 1 || !isWord(rest[1])
	}
	return rest == "" || strings.IndexByte("+-*/%<>=|&^@[", rest[0]) < 0
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
