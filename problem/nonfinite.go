package problem

import (
	"bytes"

	"coderm/internal/jsonl"
)

// finite rewrites the numbers that Python writes into JSON though JSON has none:
// Infinity and -Infinity (MBPP+ has them) as 1e999, correct JSON that Python
// reads back as the infinity it was, and NaN, for which JSON has nothing, as
// null.
func finite(line []byte) []byte {
	if !bytes.Contains(line, []byte("Infinity")) && !bytes.Contains(line, []byte("NaN")) {
		return line
	}
	return jsonl.ReplaceNonFinite(line, func(number string) string {
		switch number {
		case "Infinity":
			return "1e999"
		case "-Infinity":
			return "-1e999"
		case "NaN":
			return "null"
		}
		return number // -NaN, which Python does not write
	})
}
