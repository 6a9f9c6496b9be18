package model

import (
	"regexp"
	"strings"

	"coderm/problem"
)

// Form is how a problem is put into CodeRM's prompt.
type Form string

// The forms.
const (
	// Raw shows the question and the solution as they were given.
	Raw Form = "raw"
	// Published writes both as the prompts that CodeRM's authors published: what the
	// model was trained on.
	Published Form = "published"
)

// Forms are all of them.
func Forms() []Form { return []Form{Published, Raw} }

func (f Form) question(p problem.Problem) string {
	if f == Published {
		return publishedQuestion(p)
	}
	return strings.TrimSpace(p.Question)
}

// Solution is a candidate's program as the form shows it.
func (f Form) Solution(code string) string {
	if f == Published {
		return functionFormat(code)
	}
	return strings.TrimSpace(code)
}

// publishedQuestion is a question in the form of CodeRM's own prompts. HumanEval's
// header and docstring become a sentence and what the docstring says, MBPP's lose
// their quotes, and LiveCodeBench's starter becomes a plain function. Any other
// question stays as it is.
func publishedQuestion(p problem.Problem) string {
	q := strings.TrimSpace(p.Question)
	if m := starter.FindStringSubmatch(q); m != nil {
		return strings.TrimSpace(q[:len(q)-len(m[0])]) + "\n\n" + starterHead + "def " + m[1] + "(" + m[2] + ")" + m[3]
	}
	if inner, ok := unquoted(q); ok {
		return strings.TrimSpace(inner)
	}
	if doc, ok := docstringOf(q, p.EntryPoint); ok && !isBlank(doc) {
		return "Write a function named `" + p.EntryPoint + "`. " + told(doc)
	}
	return q
}

const starterHead = "Format: You will use the following starter code to write the solution to the problem:\n"

// starter is LiveCodeBench's at the end of a question: a class with one method, which
// its runner calls as a function. The groups are the method's name, its parameters
// but self, and what it returns.
var starter = regexp.MustCompile(`(?s)\n\s*class Solution(?:\(object\))?:\s*\n\s+def (\w+)\(self(?:,\s*)?(.*?)\)(\s*(?:->[^\n]*)?:)\s*$`)

// unquoted takes off the quotes of a question that is one docstring.
func unquoted(q string) (string, bool) {
	for _, quote := range []string{`"""`, `'''`} {
		rest, ok := strings.CutPrefix(q, quote)
		if inner, closed := strings.CutSuffix(rest, quote); ok && closed && !strings.Contains(inner, quote) {
			return inner, true
		}
	}
	return "", false
}

// docstringOf is what the docstring of a function in some code says.
func docstringOf(code, name string) (string, bool) {
	for _, b := range topBlocks(code) {
		if name == "" || definedName(b.head) != name || len(b.lines) < 2 {
			continue
		}
		for _, x := range b.lines[1:] {
			if m := docstring.FindStringSubmatch(x.text); m != nil {
				return m[1] + m[2], true
			}
		}
	}
	return "", false
}

var docstring = regexp.MustCompile(`(?s)^[rRuU]?(?:"""(.*?)"""|'''(.*?)''')$`)

// told is a docstring as CodeRM's prompts have it: its words in one line up to the
// first example, from there line by line, less the indentation of the first.
func told(doc string) string {
	at := strings.Index(doc, ">>>")
	if at < 0 {
		return strings.Join(strings.Fields(doc), " ")
	}
	text, indent := doc[:at], doc[strings.LastIndexByte(doc[:at], '\n')+1:at]
	out := []string{strings.Join(strings.Fields(text), " ")}
	for l := range strings.Lines(doc[at:]) {
		out = append(out, strings.TrimRight(strings.TrimPrefix(l, indent), " \t\n"))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
