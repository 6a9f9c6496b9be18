package public

import (
	"regexp"
	"strconv"
	"strings"
)

// equal is the test that a call gives the literal that is stated for it. Floats are
// compared as EvalPlus compares them: of the same type, each within 1e-6 and a
// 1e-7th part of what is stated; another order of the same sum is right as well.
func equal(call, result string) string {
	switch {
	case isFloat(result):
		return "assert " + nearFloat + "(" + call + ", " + result + ")"
	case areFloats(result):
		return "assert " + nearFloats + "(" + call + ", " + result + ")"
	}
	return "assert " + call + " == " + result
}

var assertCall = regexp.MustCompile(`^\s*assert\s+([\pL_][\pL\pN_]*\()`)

// tolerant is the test with equal's comparison, if it is one assert that compares
// a call with literals alone to a literal; any other as it is.
func tolerant(test string) string {
	m := assertCall.FindStringSubmatchIndex(test)
	if m == nil {
		return test
	}
	n := arguments(test[m[3]:])
	if n < 0 {
		return test
	}
	call, rest := test[m[2]:m[3]+n], strings.TrimSpace(test[m[3]+n:])
	result, ok := strings.CutPrefix(rest, "==")
	result = strings.TrimSpace(result)
	if !ok || literal(result) != len(result) || !isFloat(result) && !areFloats(result) {
		return test
	}
	return equal(call, result)
}

const (
	nearFloat  = "(lambda got, want: got == want or type(got) is float and abs(got - want) <= 1e-06 + 1e-07 * abs(want))"
	nearFloats = "(lambda got, want: got == want or type(got) is type(want) and len(got) == len(want)" +
		" and all(abs(g - w) <= 1e-06 + 1e-07 * abs(w) for g, w in zip(got, want)))"
)

var float = regexp.MustCompile(`^[-+]?[0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]+)?$`)

// isFloat tells whether a literal is a finite float.
func isFloat(literal string) bool {
	literal = strings.TrimSpace(literal)
	if inner, ok := strings.CutPrefix(literal, "("); ok && strings.HasSuffix(inner, ")") {
		return isFloat(inner[:len(inner)-1])
	}
	if !float.MatchString(literal) || !strings.ContainsAny(literal, ".eE") {
		return false
	}
	_, err := strconv.ParseFloat(strings.ReplaceAll(literal, "_", ""), 64)
	return err == nil
}

// areFloats tells whether a literal is a list or tuple of floats alone.
func areFloats(literal string) bool {
	n := len(literal)
	if n < 2 || literal[0] != '[' && literal[0] != '(' {
		return false
	}
	elements := strings.Split(literal[1:n-1], ",")
	if last := len(elements) - 1; last > 0 && strings.TrimSpace(elements[last]) == "" {
		elements = elements[:last]
	}
	for _, e := range elements {
		if e = strings.TrimSpace(e); !isFloat(e) || e[0] == '(' {
			return false
		}
	}
	return true
}
