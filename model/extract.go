package model

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"coderm/problem"
)

// Extraction is what was read from one completion.
type Extraction struct {
	// Tests are programs as the model wrote them, less what Cut lists; nothing is
	// ever added or reworded.
	Tests []problem.Test
	Cut   []problem.Cut
	// Lines are where the Tests stand, of inputs with outputs or without; else nil.
	Lines []Lines
	// Generator is a program that prints inputs, and Validator one that says of an input
	// whether it is allowed; of prompts for those.
	Generator, Validator string
}

// Forbid takes tests out whose inputs the problem does not allow, by their places.
func (x *Extraction) Forbid(forbidden func(k int) bool) {
	var tests []problem.Test
	var where []Lines
	for k, t := range x.Tests {
		if !forbidden(k) {
			tests, where = append(tests, t), append(where, x.Lines[k])
			continue
		}
		x.Cut = append(x.Cut, problem.Cut{First: x.Lines[k].First, Last: x.Lines[k].Last, Why: problem.CutForbidden})
	}
	x.Tests, x.Lines = tests, where
}

// The reasons a completion gives no test.
var (
	ErrNoCode  = errors.New("no code in the completion")
	ErrNoTests = errors.New("no test class or function in the completion")
	ErrNoWhole = errors.New("the completion ends before its first test is whole")
)

// The reasons why parts are cut.
const (
	cutProse     = "prose"
	cutReasoning = "reasoning"
	cutNextTurn  = "a turn after the answer"
	cutForeign   = "a block that is not Python"
	cutNoTests   = "a block of code without tests"
	cutUnused    = "code that no test uses"
	cutTailOff   = "an unfinished end"
	cutOwn       = "its own definition of "
	cutDraft     = "an earlier draft of "
)

// ExtractUnittest reads the unit test program out of a completion to
// UnittestPrompt. The program is in the blocks of Markdown that hold tests, with
// what they need of the others, or is bare code between prose. Functions and
// classes that the solution defines are left out (models like to repeat the
// answer, which would then be tested in place of the solution), and so are the
// model's reasoning and drafts that a later block writes anew. A truncated
// completion loses its unfinished last statement: whole methods are kept.
func ExtractUnittest(completion string, truncated bool, solutionNames map[string]bool) (Extraction, error) {
	text := strings.TrimPrefix(newlines.Replace(completion), "\ufeff")
	r := reader{why: map[int]string{}, solution: solutionNames}
	blocks := r.blocks(text)
	if n := len(blocks) - 1; n >= 0 && blocks[n].open && (truncated || !blocks[n].whole()) {
		blocks[n].listing = r.withoutTail(blocks[n].listing)
	}
	blocks = joinMethods(blocks)
	for i, b := range blocks {
		if hasTests(b.String()) {
			blocks[i].listing = r.withoutSolution(b.listing)
		}
	}
	r.dropDrafts(blocks)
	program := r.join(blocks)
	x := Extraction{Cut: r.cuts(text, program)}
	switch {
	case hasTests(program.String()):
		x.Tests = []problem.Test{{Kind: problem.Unittest, Code: program.String()}}
		return x, nil
	case slices.ContainsFunc(x.Cut, func(c problem.Cut) bool { return c.Why == cutTailOff }):
		return x, ErrNoWhole
	case len(blocks) == 0:
		return x, ErrNoCode
	}
	return x, ErrNoTests
}

// CutText is what of a completion was cut, shortened to 200 bytes.
func CutText(completion string, c problem.Cut) string {
	const limit = 200
	all := strings.Split(newlines.Replace(completion), "\n")
	text := strings.Join(all[min(c.First-1, len(all)):min(c.Last, len(all))], "\n")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// reader reads one completion.
type reader struct {
	why      map[int]string // by the completion's line: why it is cut; prose where nothing is said
	fences   []int
	solution map[string]bool
}

func (r *reader) cut(l listing, why string) {
	for _, x := range l {
		r.why[x.from] = why
	}
}

// answer is what a completion says first, without its reasoning and without the turns
// of a conversation that it made up.
func (r *reader) answer(text string) listing {
	said, thought := withoutReasoning(text)
	r.cut(lines(text, thought), cutReasoning)
	turn, rest := firstTurn(lines(text, said))
	r.cut(rest, cutNextTurn)
	return turn
}

// blocks gives the answer's blocks of Python. Where no fenced one has tests, the
// text around them is searched for bare code.
func (r *reader) blocks(text string) []codeBlock {
	answer := r.answer(text)
	if all := answer.dedent().trim(); isPython(all) && standsAlone(all.String()) {
		return []codeBlock{{listing: all, open: true}} // its docstrings may hold Markdown
	}
	d := readMarkdown(withoutTags(answer))
	r.fences = d.fences
	tested := false
	for i, b := range d.blocks {
		d.blocks[i].listing = pythonOf(b)
		why := cutForeign
		if len(d.blocks[i].listing) > 0 {
			why = cutProse
		}
		r.cut(b.listing, why) // what is kept is not cut
		b = d.blocks[i]
		tested = tested || hasTests(b.String())
	}
	var out []codeBlock
	for i, p := range d.prose {
		if bare := bareCode(p); !tested && standsAlone(bare.String()) {
			out = append(out, codeBlock{listing: bare, open: i == len(d.blocks)})
		}
		if i < len(d.blocks) && len(d.blocks[i].listing) > 0 {
			out = append(out, d.blocks[i])
		}
	}
	return out
}

// whole tells whether the last statement ends before the text does.
func (l listing) whole() bool {
	all := scanPython(l.String())
	return len(all) == 0 || all[len(all)-1].complete
}

// pythonOf is what of a block is Python. Where it is said to be, or nothing is said,
// a block with tests is taken by its word; otherwise the looks of it decide.
func pythonOf(b codeBlock) listing {
	l := withoutMagics(withoutPrompts(b.listing)).dedent().trim()
	info := strings.ToLower(b.info)
	said := info == "" || strings.Contains(info, "py") || info == "unittest"
	switch tests := hasTests(l.String()); {
	case isPython(l):
		return l
	case said && tests:
		return l.withoutProse()
	case said && !tests:
		return bareCode(l)
	}
	return nil
}

// magic is a command of a notebook.
var magic = regexp.MustCompile(`^(?:![a-z]|%%?(?:capture|conda|load_ext|matplotlib|pip|time|timeit|writefile)\b)`)

func withoutMagics(l listing) listing {
	return slices.DeleteFunc(slices.Clone(l), func(x line) bool { return magic.MatchString(x.text) })
}

// withoutPrompts takes the prompts of an interactive session off, and leaves out
// what was printed.
func withoutPrompts(l listing) listing {
	if first := l.trim(); len(first) == 0 || !strings.HasPrefix(first[0].text, ">>>") {
		return l
	}
	var out listing
	for _, x := range l {
		for _, prompt := range []string{">>>", "..."} {
			if s, ok := strings.CutPrefix(x.text, prompt); ok {
				out = append(out, line{strings.TrimPrefix(s, " "), x.from})
			}
		}
	}
	return out
}

var testClass = regexp.MustCompile(`(?m)^class\s+\w+\s*\(.*TestCase\b`)
var testDef = regexp.MustCompile(`(?m)^\s*(async\s+)?def\s+test\w*\s*\(`)

// hasTests tells whether code defines at least one test method or function.
func hasTests(code string) bool { return testDef.MatchString(code) }

// standsAlone tells whether code without a fence has tests where they run: in a
// class, or at top level and not cut out of a class.
func standsAlone(code string) bool {
	return hasTests(code) && slices.ContainsFunc(topBlocks(code), func(b pyBlock) bool {
		return strings.HasPrefix(b.head, "class ") || testDef.MatchString(b.head) && !strings.Contains(b.head, "(self")
	})
}

// withoutTail drops the last, unfinished statement: inside a class the whole last
// method when anything of it is missing, since half a test proves nothing. A class
// of which nothing is left goes with it.
func (r *reader) withoutTail(l listing) listing {
	list := statementsOf(l)
	if len(list) == 0 {
		return l
	}
	last := list[len(list)-1]
	start := last.start
	if at := lastMember(last.pyBlock); at > 0 {
		offsets := l.offsets()
		start = lineAt(offsets, last.lines[at].start)
		member := last.lines[at].indent
		for i := last.end; i < len(l); i++ { // comments that follow, with the next member
			if text := l[i].text; !isBlank(text) && indentWidth(text[:len(text)-len(strings.TrimLeft(text, " \t"))]) <= member {
				start = i
				break
			}
		}
	}
	r.cut(l[start:], cutTailOff)
	return l[:start].trim()
}

// lastMember is the line where a test class's last member begins, decorators
// included, 0 where it is no test class or has nothing before.
func lastMember(class pyBlock) int {
	if !class.hasTests() {
		return 0
	}
	body := slices.IndexFunc(class.lines, func(x pyLine) bool { return x.indent > 0 })
	decorated := func(i int) bool { return strings.HasPrefix(class.lines[i].text, "@") }
	for i := len(class.lines) - 1; body >= 0 && i > body; i-- {
		x := class.lines[i]
		if x.indent != class.lines[body].indent || definedName(x.text) == "" && !decorated(i) {
			continue
		}
		for i > body && decorated(i-1) {
			i--
		}
		if i > body {
			return i
		}
	}
	return 0
}

// withoutSolution drops definitions of what the solution defines, also assignments
// and others that stand in for it. What makes one of the solution's own names out
// of another, "f = Solution().f", stays.
func (r *reader) withoutSolution(l listing) listing {
	drop := func(s statement) string {
		switch {
		case r.solution[s.name] && !testClass.MatchString(s.head):
			return s.name
		case s.name == "" && !importLine.MatchString(s.head):
			if n := namesOf(l[s.start:s.end].String()); !meets(n.uses, r.solution) {
				return common(n.binds, r.solution)
			}
		}
		return ""
	}
	return r.without(l, drop, cutOwn)
}

// without drops statements for which drop gives a name, and the blank lines after
// them.
func (r *reader) without(l listing, drop func(statement) string, why string) listing {
	var out listing
	pos := 0
	for _, s := range statementsOf(l) {
		name := drop(s)
		if name == "" {
			continue
		}
		r.cut(l[s.start:s.end], why+name)
		out = append(out, l[pos:s.start]...)
		for pos = s.end; pos < len(l) && isBlank(l[pos].text); {
			pos++
		}
	}
	return append(out, l[pos:]...).trim()
}

// cuts lists the lines of a completion that are not in the program.
func (r *reader) cuts(text string, program listing) []problem.Cut {
	skip := map[int]bool{}
	for _, x := range program {
		skip[x.from] = true
	}
	for _, n := range r.fences {
		skip[n] = true
	}
	var out []problem.Cut
	open := false
	for i, t := range strings.Split(text, "\n") {
		n := i + 1
		if skip[n] {
			open = false
			continue
		}
		if isBlank(t) {
			continue
		}
		why := r.why[n]
		if why == "" {
			why = cutProse
		}
		if open && out[len(out)-1].Why == why {
			out[len(out)-1].Last = n
			continue
		}
		out = append(out, problem.Cut{First: n, Last: n, Why: why})
		open = true
	}
	return out
}
