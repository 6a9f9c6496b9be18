package model

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"coderm/problem"
)

// label begins an input or an output. The groups are what says that it is one of a test
// (bold, or the word), its name, and what follows on the line.
var label = regexp.MustCompile(`(?i)^[ \t]*(?:#+[ \t]+|[-*][ \t]+|\d+[.)][ \t]+)?(\*\*)?(test |sample |example )?(?:case )?` +
	`(input|output|expected output|explanation)(?:[ \t]*#?\d+)?(?::\*\*|\*\*:|:)[ \t]*(.*?)[ \t]*$`)

// Lines is a range of a completion's lines, from 1.
type Lines struct{ First, Last int }

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
// the question's words. An answer without such has them in JSON, or as asserts. Input
// ends with a line's end. With alone the inputs count whatever their output, and fences
// without a label are inputs too.
func extractStdio(a Answer, alone bool) Extraction {
	text := newlines.Replace(a.Lead + a.Completion)
	r := reader{why: map[int]string{}}
	answer := r.answer(text)
	found := r.labelled(ioPairs(answer), a.Truncated, alone)
	others := []func(listing, bool) []ioTest{jsonTests, assertTests}
	if alone {
		others = append(others, r.fencedInputs(a.Truncated))
	}
	for _, find := range others {
		if len(found) == 0 {
			found = find(answer, alone)
		}
	}
	var x Extraction
	var kept listing
	for _, t := range found {
		if !slices.Contains(x.Tests, t.Test) {
			x.Tests = append(x.Tests, t.Test)
			x.Lines = append(x.Lines, t.lines())
		}
		kept = append(kept, t.from...)
	}
	x.Cut = r.cuts(text, kept)
	return x
}

// ioTest is a test and where it stands.
type ioTest struct {
	problem.Test
	from listing
}

// lines are the first and the last one that the test has.
func (t ioTest) lines() (l Lines) {
	for i, x := range t.from {
		if i == 0 || x.from < l.First {
			l.First = x.from
		}
		l.Last = max(l.Last, x.from)
	}
	return l
}

// newIOTest is the test of an input and an output; false where they are none.
func newIOTest(input, output string, alone bool, from listing) (ioTest, bool) {
	input = strings.TrimRight(input, "\n") + "\n"
	output = strings.TrimRight(output, "\n")
	if alone {
		return ioTest{problem.Test{Kind: problem.Stdin, Input: input}, from}, input != "\n"
	}
	return ioTest{problem.StdioTest(input, output), from}, input != "\n" && output != ""
}

// labelled are the tests of pairs.
func (r *reader) labelled(pairs []ioPair, truncated, alone bool) (out []ioTest) {
	marked := false
	for i := range pairs {
		marked = marked || pairs[i].marked
	}
	for i, p := range pairs {
		test, ok := newIOTest(ioValue(p.input), ioValue(p.output), alone, append(p.input, p.output...))
		switch {
		case marked && !p.marked || !ok:
		case i == len(pairs)-1 && truncated && !p.closed:
			r.cut(test.from, cutTailOff)
		default:
			out = append(out, test)
		}
	}
	return out
}

// fencedInputs finds the blocks that are no Python, each an input.
func (r *reader) fencedInputs(truncated bool) func(listing, bool) []ioTest {
	return func(answer listing, alone bool) (out []ioTest) {
		d := readMarkdown(withoutTags(answer))
		r.fences = d.fences
		for _, b := range d.blocks {
			test, ok := newIOTest(b.String(), "", alone, b.listing)
			switch {
			case !ok || strings.Contains(strings.ToLower(b.info), "py"):
			case b.open && truncated:
				r.cut(b.listing, cutTailOff)
			default:
				out = append(out, test)
			}
		}
		return out
	}
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
