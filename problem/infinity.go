package problem

import "bytes"

// withoutInfinity rewrites the numbers Infinity and -Infinity, which Python
// writes into JSON though JSON has none (MBPP+ does), as 1e999: correct JSON
// that Python reads back as the infinity it was.
func withoutInfinity(line []byte) []byte {
	const infinity, stand = "Infinity", "1e999"
	if !bytes.Contains(line, []byte(infinity)) {
		return line
	}
	out := make([]byte, 0, len(line))
	inString := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case inString && c == '\\' && i+1 < len(line):
			out = append(out, c)
			i++
		case c == '"':
			inString = !inString
		case !inString && bytes.HasPrefix(line[i:], []byte(infinity)):
			out = append(out, stand...)
			i += len(infinity) - 1
			continue
		}
		out = append(out, line[i])
	}
	return out
}
