package model

import "strings"

// MaxAsserts is how many assertions of one completion count (CodeT uses five:
// later ones drift).
const MaxAsserts = 5

// ExtractAsserts reads the assert statements out of a completion to
// AssertPrompt, which ended inside "assert entryPoint(". Each whole statement
// that calls the entry point and compares something is a test of its own; at
// most MaxAsserts are taken, repetitions within the completion once.
func ExtractAsserts(completion, entryPoint string, truncated bool) ([]string, error) {
	src := assertHead(entryPoint) + completion
	lines := scanPython(src)
	if len(lines) > 0 && truncated && !strings.HasSuffix(src, "\n") {
		lines = lines[:len(lines)-1]
	}
	var out []string
	seen := map[string]bool{}
	for _, l := range lines {
		if !l.complete || l.indent != 0 || !isAssertOn(l.text, entryPoint) || seen[l.text] {
			continue
		}
		seen[l.text] = true
		if out = append(out, l.text); len(out) == MaxAsserts {
			break
		}
	}
	if len(out) == 0 {
		return nil, ErrNoTests
	}
	return out, nil
}

// isAssertOn tells whether a statement asserts something about a call of the
// entry point: "assert f(...)" with the call's parentheses closed.
func isAssertOn(stmt, entryPoint string) bool {
	rest, ok := strings.CutPrefix(stmt, "assert ")
	if !ok {
		return false
	}
	i := strings.Index(rest, entryPoint+"(")
	if i < 0 {
		return false
	}
	end, whole := logicalEnd(rest[i:]+"\n", 0)
	return whole && end == len(rest[i:])+1
}
