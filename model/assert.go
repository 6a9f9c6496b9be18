package model

import (
	"fmt"
	"strings"

	"coderm/problem"
)

// ExtractAsserts reads the assert statements out of a completion that continues one.
// Each whole statement that calls the entry point and compares something is a test of
// its own; at most so many are taken (0: all), repetitions within the completion once.
func ExtractAsserts(a Answer, most int) (Extraction, error) {
	text, entryPoint := newlines.Replace(a.Completion), a.EntryPoint
	r := reader{why: map[int]string{}}
	turn, rest := firstTurn(lines(text, []span{{0, len(text)}}))
	r.cut(rest, cutNextTurn)
	src, head := a.Lead+strings.TrimSuffix(turn.String(), "\n"), len(a.Lead)
	unfinished := a.Truncated && len(rest) == 0 && !strings.HasSuffix(src, "\n")
	offsets := turn.offsets()
	all := scanPython(src)
	var x Extraction
	var kept listing
	seen := map[string]bool{}
	for i, l := range all {
		where := turn[lineAt(offsets, l.start-head) : lineAt(offsets, max(0, l.end-1-head))+1]
		switch {
		case !l.complete || unfinished && i == len(all)-1:
			r.cut(where, cutTailOff)
		case l.indent != 0 || !isAssertOn(l.text, entryPoint):
			r.cut(where, "no assert that calls "+entryPoint)
		case seen[l.text]:
			r.cut(where, "an assert said before")
		case most > 0 && len(x.Tests) == most:
			r.cut(where, fmt.Sprintf("asserts after the first %d", most))
		default:
			seen[l.text] = true
			x.Tests = append(x.Tests, problem.Test{Kind: problem.Assert, Code: l.text})
			kept = append(kept, where...)
		}
	}
	x.Cut = r.cuts(text, kept)
	if len(x.Tests) == 0 {
		return x, ErrNoTests
	}
	return x, nil
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
