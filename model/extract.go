package model

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Extraction is what was read from one completion.
type Extraction struct {
	// Code is the test program as the model wrote it, less what Cut lists.
	Code string
	// Cut says in words what was left out; nothing is ever added or reworded.
	Cut []string
}

// The reasons a completion gives no test.
var (
	ErrNoCode  = errors.New("no code in the completion")
	ErrNoTests = errors.New("no test class or function in the completion")
	ErrNoWhole = errors.New("the completion ends before its first test is whole")
)

// ExtractUnittest reads the unit test program out of a completion to
// UnittestPrompt. The program is in fenced blocks, or the completion is bare
// code. Blocks without a test are left out, as are top-level functions and
// classes that the solution already defines (models like to repeat the answer,
// which would then be tested in place of the solution). A truncated completion
// loses its unfinished last statement: whole methods are kept.
func ExtractUnittest(completion string, truncated bool, solutionNames map[string]bool) (Extraction, error) {
	blocks, openEnd := fenced(completion)
	if len(blocks) == 0 {
		if bare := bareCode(completion); bare != "" {
			blocks, openEnd = []string{bare}, true
		}
	}
	if len(blocks) == 0 {
		return Extraction{}, ErrNoCode
	}
	var x Extraction
	var kept []string
	for i, block := range blocks {
		if !hasTests(block) {
			x.cut("a block of code without tests")
			continue
		}
		if truncated && openEnd && i == len(blocks)-1 {
			whole := cutTail(block)
			if whole != block {
				x.cut("an unfinished end")
			}
			if block = whole; !hasTests(block) {
				continue
			}
		}
		kept = append(kept, x.cutRedefinitions(block, solutionNames))
	}
	x.Code = strings.Join(kept, "\n")
	switch {
	case hasTests(x.Code):
		return x, nil
	case len(x.Cut) > 0 && truncated:
		return x, ErrNoWhole
	}
	return x, ErrNoTests
}

func (x *Extraction) cut(format string, args ...any) {
	x.Cut = append(x.Cut, fmt.Sprintf(format, args...))
}

var fence = regexp.MustCompile("(?m)^[ \t]*```[ \t]*([A-Za-z0-9_+-]*)[^\n]*\n")

// fenced returns the contents of the fenced blocks that can be Python, and
// whether the last one was never closed.
func fenced(text string) (blocks []string, open bool) {
	for {
		m := fence.FindStringSubmatchIndex(text)
		if m == nil {
			return blocks, false
		}
		lang := strings.ToLower(text[m[2]:m[3]])
		body := text[m[1]:]
		end := closingFence(body)
		open = end < 0
		if open {
			end = len(body)
		}
		switch lang {
		case "", "python", "py", "python3", "unittest":
			blocks = append(blocks, body[:end])
		}
		if open {
			return blocks, true
		}
		text = body[end:]
		if nl := strings.IndexByte(text, '\n'); nl >= 0 {
			text = text[nl+1:]
		} else {
			text = ""
		}
	}
}

var closing = regexp.MustCompile("(?m)^[ \t]*```[ \t]*$")

func closingFence(body string) int {
	if m := closing.FindStringIndex(body); m != nil {
		return m[0]
	}
	return -1
}

// codeStart finds the first line of a completion that looks like the start of
// a test program.
var codeStart = regexp.MustCompile(`(?m)^(import |from \w[\w.]* import |class \w+|def test|@)`)

func bareCode(text string) string {
	m := codeStart.FindStringIndex(text)
	if m == nil {
		return ""
	}
	return strings.TrimRight(text[m[0]:], " \t\n") + "\n"
}

var testClass = regexp.MustCompile(`(?m)^class\s+\w+\s*\(.*TestCase\b`)
var testDef = regexp.MustCompile(`(?m)^\s*(async\s+)?def\s+test\w*\s*\(`)

// hasTests tells whether code defines at least one test method or function.
func hasTests(code string) bool { return testDef.MatchString(code) }

// cutTail drops the last, unfinished statement: inside a class the whole last
// method when anything of it is missing, since half a test proves nothing.
func cutTail(code string) string {
	blocks := topBlocks(code)
	if len(blocks) == 0 {
		return ""
	}
	last := blocks[len(blocks)-1]
	if !testClass.MatchString(last.head) {
		return strings.TrimRight(code[:last.start], " \t\n") + "\n"
	}
	for i := len(last.lines) - 1; i > 0; i-- {
		l := last.lines[i]
		if l.indent != last.lines[1].indent || definedName(l.text) == "" {
			continue
		}
		for i > 1 && strings.HasPrefix(last.lines[i-1].text, "@") {
			i--
		}
		return strings.TrimRight(code[:last.lines[i].start], " \t\n") + "\n"
	}
	return strings.TrimRight(code[:last.start], " \t\n") + "\n"
}

func (x *Extraction) cutRedefinitions(code string, names map[string]bool) string {
	var b strings.Builder
	pos := 0
	for _, block := range topBlocks(code) {
		if name := definedName(block.head); names[name] && !testClass.MatchString(block.head) {
			x.cut("its own definition of %s", name)
			b.WriteString(code[pos:block.start])
			pos = len(code) - len(strings.TrimLeft(code[block.end:], "\n"))
		}
	}
	b.WriteString(code[pos:])
	return strings.Trim(b.String(), "\n") + "\n"
}
