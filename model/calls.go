package model

import (
	"slices"
	"strings"
)

// Calls lists the calls of the entry point in an assert, as they are written, each
// once: of
//
//	assert f([1, 2], 3) == 6
//	assert not f("") and abs(f(1.5) - f(2)) < 1e-6, "message"
//
// the arguments of f with its name before them. A call within another's arguments
// is part of that one. A call is left out that hangs on something the assert itself
// names, such as the variable of a comprehension: alone it would only raise.
func Calls(assert, entryPoint string) []string {
	rest, ok := strings.CutPrefix(strings.TrimSpace(assert), "assert")
	if !ok || rest == "" || isNameRune(rune(rest[0])) {
		return nil
	}
	return callsIn(rest, entryPoint)
}

// callsIn are the calls in a piece of a statement.
func callsIn(rest, entryPoint string) (calls []string) {
	if entryPoint == "" {
		return nil
	}
	names := 0 // where the last name begins
	for i := 0; i < len(rest); {
		switch c := rest[i]; {
		case c == '\'' || c == '"':
			i, _ = stringEnd(rest, i)
		case c == '#':
			for i < len(rest) && rest[i] != '\n' {
				i++
			}
		case isNameRune(rune(c)):
			names = i
			for i < len(rest) && isNameRune(rune(rest[i])) {
				i++
			}
			if rest[names:i] != entryPoint || names > 0 && rest[names-1] == '.' {
				continue
			}
			end := callEnd(rest, i)
			if end < 0 {
				continue
			}
			call := rest[names:end]
			if evaluatesAlone(rest[i:end], entryPoint) && !slices.Contains(calls, call) {
				calls = append(calls, call)
			}
			i = end
		default:
			i++
		}
	}
	return calls
}

// callEnd is the end of the arguments that begin at i; -1 if none do, or their
// brackets do not match.
func callEnd(src string, i int) int {
	if i >= len(src) || src[i] != '(' {
		return -1
	}
	var open []byte // the brackets that would close those that are open
	for i < len(src) {
		switch c := src[i]; c {
		case '(':
			open = append(open, ')')
		case '[', '{':
			open = append(open, c+2) // ASCII has ] and } there
		case ')', ']', '}':
			last := len(open) - 1
			if open[last] != c {
				return -1
			}
			if open = open[:last]; last == 0 {
				return i + 1
			}
		case '\'', '"':
			var ok bool
			if i, ok = stringEnd(src, i); !ok {
				return -1
			}
			continue
		case '#':
			return -1 // a comment within arguments: not worth the trouble
		}
		i++
	}
	return -1
}

// known are the names that an argument may have: they are there for every program.
var known = map[string]bool{
	"True": true, "False": true, "None": true, "not": true, "and": true, "or": true, "in": true, "is": true,
	"abs": true, "bool": true, "bytes": true, "chr": true, "complex": true, "dict": true, "divmod": true, "float": true,
	"frozenset": true, "int": true, "len": true, "list": true, "max": true, "min": true, "ord": true, "pow": true,
	"range": true, "reversed": true, "round": true, "set": true, "sorted": true, "str": true, "sum": true, "tuple": true, "zip": true,
}

// evaluatesAlone tells whether arguments name nothing but the entry point, what every
// program knows, and names of arguments.
func evaluatesAlone(args, entryPoint string) bool {
	for i := 0; i < len(args); {
		c := rune(args[i])
		if c == '\'' || c == '"' {
			i, _ = stringEnd(args, i)
			continue
		}
		if !isNameRune(c) {
			i++
			continue
		}
		start := i
		for i < len(args) && isNameRune(rune(args[i])) {
			i++
		}
		word := args[start:i]
		after := strings.TrimLeft(args[i:], " ")
		switch {
		case c >= '0' && c <= '9', known[word], word == entryPoint:
		case args[start-1] == '.': // an attribute or a method
		case strings.HasPrefix(after, "=") && !strings.HasPrefix(after, "=="):
		case strings.HasPrefix(after, "'"), strings.HasPrefix(after, `"`): // a string's prefix
			if len(word) > 2 {
				return false
			}
		default:
			return false
		}
	}
	return true
}
