// Package jsonl is what other programs' JSON needs beyond encoding/json.
package jsonl

import "bytes"

// nonFinite are the numbers that Python's json module writes though JSON has none.
var nonFinite = []string{"NaN", "-NaN", "Infinity", "-Infinity"}

// ReplaceNonFinite puts what stand says in the place of NaN, Infinity and their
// negatives, where values are. Strings stay as they are, and so does what only
// looks like such a number, so that it stays wrong.
func ReplaceNonFinite(data []byte, stand func(number string) string) []byte {
	out := make([]byte, 0, len(data))
	inString := false
	for i := 0; i < len(data); i++ {
		if !inString {
			if number := nonFiniteAt(data, i); number != "" {
				out = append(out, stand(number)...)
				i += len(number) - 1
				continue
			}
		}
		switch c := data[i]; {
		case inString && c == '\\' && i+1 < len(data):
			out = append(out, c)
			i++
		case c == '"':
			inString = !inString
		}
		out = append(out, data[i])
	}
	return out
}

// nonFiniteAt is the number that begins at data[i], "" for anything else.
func nonFiniteAt(data []byte, i int) string {
	if i > 0 && bytes.IndexByte([]byte(":[, \t\r\n"), data[i-1]) < 0 {
		return ""
	}
	for _, number := range nonFinite {
		if bytes.HasPrefix(data[i:], []byte(number)) {
			return number
		}
	}
	return ""
}
