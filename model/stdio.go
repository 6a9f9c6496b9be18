package model

import (
	"regexp"
	"strconv"
	"strings"

	"coderm/problem"
)

// label begins an input or an output. The groups are what says that it is one of a test
// (bold, or the word), its name, and what follows on the line.
var label = regexp.MustCompile(`(?i)^[ \t]*(?:#+[ \t]+|[-*][ \t]+|\d+[.)][ \t]+)?(\*\*)?(test |sample |example )?(?:case )?` +
	`(input|output|expected output|explanation)(?:[ \t]*#?\d+)?(?::\*\*|\*\*:|:)[ \t]*(.*?)[ \t]*$`)

// ioPair is an input with its output as they are found.
type ioPair struct {
	input, output listing
	marked        bool // as a test: by a fence or its labels
	closed        bool
}

// extractStdio reads inputs and outputs of programs, each after its label:
//
//	Input:              **Test Input:** "3\n1 2 3"
//	3                   **Test Output:** 6
//	1 2 3               **Explanation:** …
//	Output:
//	6
//
// fenced or not, together or each alone. Where some are marked as tests, the others are
// the question's words. Input ends with a line's end.
func extractStdio(a Answer) Extraction {
	text := newlines.Replace(a.Lead + a.Completion)
	r := reader{why: map[int]string{}}
	pairs := ioPairs(r.answer(text))
	marked := false
	for i := range pairs {
		marked = marked || pairs[i].marked
	}
	var x Extraction
	var kept listing
	for i, p := range pairs {
		test := problem.StdioTest(ioValue(p.input)+"\n", ioValue(p.output))
		switch {
		case marked && !p.marked || test.Input == "\n" || test.Expected == "":
		case i == len(pairs)-1 && a.Truncated && !p.closed:
			r.cut(append(p.input, p.output...), cutTailOff)
		default:
			x.Tests = append(x.Tests, test)
			kept = append(append(kept, p.input...), p.output...)
		}
	}
	x.Cut = r.cuts(text, kept)
	return x
}

func ioPairs(l listing) (pairs []ioPair) {
	var to *listing // what is being read
	fenced := false
	for _, x := range l {
		m := label.FindStringSubmatch(x.text)
		switch {
		case strings.HasPrefix(strings.TrimSpace(x.text), "```"):
			fenced = !fenced
			if to != nil && len(to.trim()) > 0 { // it closes what was in it
				pairs[len(pairs)-1].closed = to == &pairs[len(pairs)-1].output
				to = nil
			}
		case m == nil && to != nil:
			*to = append(*to, x)
		case m == nil:
		case strings.EqualFold(m[3], "input"):
			pairs = append(pairs, ioPair{marked: fenced || m[1]+m[2] != ""})
			to = &pairs[len(pairs)-1].input
			*to = append(*to, line{m[4], x.from})
		case strings.EqualFold(m[3], "explanation"):
			if to = nil; len(pairs) > 0 {
				pairs[len(pairs)-1].closed = true
			}
		case len(pairs) > 0 && pairs[len(pairs)-1].output == nil:
			to = &pairs[len(pairs)-1].output
			*to = append(*to, line{m[4], x.from})
		}
	}
	return pairs
}

// ioValue is an input or output without what models put around it: blank lines, quotes,
// and in a single line an "\n" for a line's end.
func ioValue(l listing) string {
	text := strings.TrimSuffix(l.trim().String(), "\n")
	if strings.Contains(text, "\n") {
		return text
	}
	text = strings.TrimSpace(strings.Trim(text, "`"))
	if whole, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, `"`) {
		return strings.TrimRight(whole, "\n")
	}
	return strings.TrimRight(strings.ReplaceAll(text, `\n`, "\n"), "\n")
}
