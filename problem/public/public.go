// Package public finds the tests that a problem's own text states: the examples
// of its docstring. They are right far more often than generated tests, and cost
// nothing.
package public

import (
	"regexp"
	"slices"
	"strings"

	"coderm/problem"
)

// Tests lists the problem's public tests: those of the problem file, or as assert
// statements the examples its question shows of the function asked for,
//
//	>>> f([1, 2], 3)
//	6
//	f("a") == "b"     and with =>, ->, ➞, →, =, "returns", "should return", "is"
//
// Arguments and results must be literals, so that nothing of the question's
// prose is ever run. An example is listed once. Where it is not clear that the
// literal is all of the result, there is no example: a wrong one does harm. Floats
// are compared with a tolerance, also those of a problem file's plain asserts.
func Tests(p problem.Problem) []problem.Test {
	if p.Public != nil {
		out := slices.Clone(p.Public)
		for i, test := range out {
			out[i].Code = tolerant(test.Code)
		}
		return out
	}
	if p.EntryPoint == "" {
		return nil
	}
	def := strings.LastIndex(p.Question, "def "+p.EntryPoint+"(")
	if def < 0 {
		return examples(p.Question, p.EntryPoint)
	}
	// What stands before is of other functions, or introduces the only one.
	out := examples(p.Question[def+len("def "):], p.EntryPoint)
	if before := p.Question[:def]; len(out) == 0 && !strings.Contains(before, "def ") {
		out = examples(before, p.EntryPoint)
	}
	return out
}

func examples(text, entryPoint string) []problem.Test {
	var out []problem.Test
	for at := 0; ; {
		i := strings.Index(text[at:], entryPoint+"(")
		if i < 0 {
			return out
		}
		start := at + i
		at = start + len(entryPoint) + 1
		if !starts(text[:start]) {
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
		test := problem.Test{Kind: problem.Assert, Code: equal(text[start:at+call], result)}
		if !slices.Contains(out, test) {
			out = append(out, test)
		}
		at += call + n
	}
}

// starts tells whether a call after before stands for itself: it is not the end of
// a longer name, nor an operand.
func starts(before string) bool {
	line := before[strings.LastIndexByte(before, '\n')+1:]
	trimmed := strings.TrimRight(line, " \t")
	if trimmed == "" {
		return true
	}
	last := trimmed[len(trimmed)-1]
	if trimmed == line && (isWord(last) || last == '.') {
		return false
	}
	if strings.IndexByte("+-*/%", last) >= 0 {
		return strings.TrimLeft(trimmed, " \t") == string(last) // a bullet
	}
	return !strings.HasSuffix(trimmed, "not")
}

// What stands between a call and its result, and what may follow the result: on
// a line of its own nothing; after words, which may go on ("returns 3 items"),
// the end of a sentence or clause; after a sign, what does not reckon with it.
var (
	newline = regexp.MustCompile(`^[ \t]*\r?\n[ \t]*`)
	words   = regexp.MustCompile(`^[ \t]+(?:#[ \t]*)?(?:(?:should )?returns?:?|should be|is)[ \t]+`)
	sign    = regexp.MustCompile(`^[ \t]*(?:#[ \t]*)?(?:==>|=>|==|➞|→|->|=)[ \t]*`)

	afterLine  = regexp.MustCompile(`^[ \t]*(?:\r?\n|$|"""|''')`)
	afterWords = regexp.MustCompile(`^[ \t]*(?:\r?\n|$|"""|'''|[;:)#]|\.(?:[\s)]|$)|,\s*(?:[a-z_]|$))`)
	afterSign  = regexp.MustCompile(afterWords.String() + `|^[ \t]+(?:(?:and|because|since|as|where)\b|\()`)
)

// stated reads the literal a call is said to give, and its end; -1 where none
// is stated or it goes on.
func stated(text string) (result string, end int) {
	for _, form := range []struct{ says, follows *regexp.Regexp }{{sign, afterSign}, {words, afterWords}, {newline, afterLine}} {
		m := form.says.FindStringIndex(text)
		if m == nil {
			continue
		}
		rest := text[m[1]:]
		if n := literal(rest); n >= 0 && form.follows.MatchString(rest[n:]) {
			return rest[:n], m[1] + n
		}
		return "", -1
	}
	return "", -1
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
