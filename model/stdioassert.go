package model

import (
	"strings"

	"coderm/problem/literal"
)

// assertTests reads asserts that compare what a program prints, whatever they call what
// runs it: of
//
//	assert solve("3\n1 2 3\n") == "6"
//	assert run("2 2").strip() == 4
//
// the text is the input, and what it is compared with the output.
func assertTests(l listing, alone bool) (out []ioTest) {
	text, offsets := l.String(), l.offsets()
	for _, s := range scanPython(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(s.text), "assert ")
		if !ok || !s.complete {
			continue
		}
		call, want, ok := comparison(rest)
		if !ok {
			continue
		}
		from := l[lineAt(offsets, s.start) : lineAt(offsets, s.end-1)+1]
		if test, ok := newIOTest(call, want, alone, from); ok {
			out = append(out, test)
		}
	}
	return out
}

// comparison reads "f(TEXT) == LITERAL".
func comparison(text string) (input, output string, ok bool) {
	for at := 0; ; at += len("==") {
		next := strings.Index(text[at:], "==")
		if next < 0 {
			return "", "", false
		}
		at += next
		left := strings.TrimSuffix(strings.TrimSpace(text[:at]), ".strip()")
		c, err := literal.ParseCall(left)
		if err != nil || len(c.Args) != 1 || c.Args[0].Value.Kind != literal.Str {
			continue
		}
		want, err := literal.Parse(text[at+len("=="):])
		if err != nil {
			return "", "", false
		}
		input = newlines.Replace(c.Args[0].Value.Str)
		switch want.Kind {
		case literal.Str:
			return input, newlines.Replace(want.Str), true
		case literal.Int, literal.Float, literal.Bool:
			return input, want.String(), true
		}
		return "", "", false
	}
}
