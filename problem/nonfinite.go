package problem

import "bytes"

// finite rewrites the numbers that Python writes into JSON though JSON has none:
// Infinity and -Infinity (MBPP+ has them) as 1e999, correct JSON that Python
// reads back as the infinity it was, and NaN, for which JSON has nothing, as
// null.
func finite(line []byte) []byte {
	if !bytes.Contains(line, []byte("Infinity")) && !bytes.Contains(line, []byte("NaN")) {
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
		case !inString && (c == 'I' || c == 'N'):
			name, stand := nonFinite(line, i)
			out = append(out, stand...)
			i += len(name) - 1
			continue
		}
		out = append(out, line[i])
	}
	return out
}

// nonFinite returns the name at line[i] and what stands for it; what only looks
// like one stands for itself, so that it stays wrong.
func nonFinite(line []byte, i int) (name, stand string) {
	before := byte(':')
	if i > 0 {
		before = line[i-1]
	}
	for _, n := range [][3]string{{"Infinity", "1e999", ":[, \t-"}, {"NaN", "null", ":[, \t"}} {
		if bytes.HasPrefix(line[i:], []byte(n[0])) && bytes.IndexByte([]byte(n[2]), before) >= 0 {
			return n[0], n[1]
		}
	}
	return string(line[i]), string(line[i])
}
