package model

import (
	"errors"
	"slices"

	"coderm/problem"
)

// Answer is a completion, and what is needed to read it.
type Answer struct {
	Completion string
	Truncated  bool // cut off by a limit
	// Lead is what the completion of a raw prompt continues: the text's last line.
	Lead       string
	EntryPoint string
	// Solution has the names that a unittest must leave to the solution.
	Solution map[string]bool
}

// Read takes a completion's tests out of it.
func (p Prompt) Read(a Answer) (x Extraction, err error) {
	switch {
	case p.Extract == problem.Assert && p.Raw:
		return ExtractAsserts(a, p.MaxTests)
	case p.Extract == problem.Assert:
		x = extractStatements(a, "an assert said before", "no assert that calls "+a.EntryPoint, func(s string) (tests []problem.Test) {
			if isAssertOn(s, a.EntryPoint) {
				tests = append(tests, problem.Test{Kind: problem.Assert, Code: s})
			}
			return tests
		})
	case p.Extract == problem.Call:
		x = extractStatements(a, "a call said before", "no call of "+a.EntryPoint+" that stands alone", func(s string) (tests []problem.Test) {
			if definedName(s) != "" {
				return nil
			}
			for _, call := range callsIn(s, a.EntryPoint) {
				tests = append(tests, problem.Test{Kind: problem.Call, Input: call})
			}
			return tests
		})
	case p.Extract == problem.Stdio:
		x = extractStdio(a, false)
	case p.Extract == problem.Stdin:
		x = extractStdio(a, true)
	case p.Extract == Generator:
		return extractGenerator(a)
	default:
		a.Completion = a.Lead + a.Completion
		x, err = ExtractUnittest(a.Completion, a.Truncated, a.Solution)
	}
	if p.MaxTests > 0 && len(x.Tests) > p.MaxTests {
		x.Tests = x.Tests[:p.MaxTests]
		x.Lines = x.Lines[:min(p.MaxTests, len(x.Lines))]
	}
	if err == nil && len(x.Tests) == 0 {
		err = errNone[p.Extract]
	}
	return x, err
}

// errNone are the reasons why completions give no test, by what was asked for.
var errNone = map[problem.Kind]error{
	problem.Assert: errors.New("no assert that calls the solution in the completion"),
	problem.Call:   errors.New("no call of the solution with values in the completion"),
	problem.Stdio:  errors.New("no input with its output in the completion"),
	problem.Stdin:  errors.New("no input in the completion"),
}

// extractStatements reads what tests gives of each statement in the answer: of its
// blocks of code, or, where there are none, of each line.
func extractStatements(a Answer, said, none string, tests func(statement string) []problem.Test) Extraction {
	text := newlines.Replace(a.Lead + a.Completion)
	r := reader{why: map[int]string{}}
	blocks := r.answerBlocks(text)
	var x Extraction
	var kept listing
	for b, block := range blocks {
		src, offsets := block.String(), block.offsets()
		all := scanPython(src)
		for i, s := range all {
			where := block.listing[lineAt(offsets, s.start) : lineAt(offsets, s.end-1)+1]
			unfinished := a.Truncated && block.open && b == len(blocks)-1 && i == len(all)-1
			if !s.complete || unfinished {
				r.cut(where, cutTailOff)
				continue
			}
			found := tests(s.text)
			fresh := slices.DeleteFunc(found, func(t problem.Test) bool { return slices.Contains(x.Tests, t) })
			switch {
			case len(fresh) > 0:
				x.Tests = append(x.Tests, fresh...)
				kept = append(kept, where...)
			case len(found) > 0:
				r.cut(where, said)
			default:
				r.cut(where, none)
			}
		}
	}
	x.Cut = r.cuts(text, kept)
	return x
}

// answerBlocks are the blocks of code in an answer, or its lines where there are none.
func (r *reader) answerBlocks(text string) []codeBlock {
	answer := r.answer(text)
	d := readMarkdown(withoutTags(answer))
	r.fences = d.fences
	if len(d.blocks) > 0 {
		return d.blocks
	}
	var out []codeBlock
	for _, x := range answer {
		out = append(out, codeBlock{listing: listing{x}, open: true})
	}
	return out
}
