package model

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"coderm/problem"
)

// Extracting is how completions are read.
type Extracting string

// The ways.
const (
	// Tolerant is ExtractUnittest's way, or ExtractAsserts'.
	Tolerant Extracting = "tolerant"
	// AsReference is ExtractReference's way.
	AsReference Extracting = "reference"
)

// Extractings are all of them.
func Extractings() []Extracting { return []Extracting{Tolerant, AsReference} }

// The reasons of the reference implementation for taking no test.
var (
	errBlocks  = errors.New("not one block of code in the completion, as the reference wants")
	errNothing = errors.New("nothing is left of the block of code, read as the reference does")
	errClasses = errors.New("not one class in the block of code, as the reference wants")
)

// Outliner tells what Python's parser finds in texts.
type Outliner func(ctx context.Context, texts []string) ([]problem.Outline, error)

// ExtractReference reads a completion as CodeRM's reference implementation does
// (preprocess/extract_unit_test.py), its slips included: where that gives a test, this
// gives the same text but for the lines that the reference adds to run it. There has
// to be one block of code with one class; of it are kept the imports, each written
// anew, and what stands between the first class at a line's beginning and the next
// function there. An error that is no reason to drop the completion wraps outline's.
func ExtractReference(ctx context.Context, completion string, outline Outliner) (Extraction, error) {
	block, ok := onlyBlock(completion)
	if !ok {
		return Extraction{}, errBlocks
	}
	code := block
	for _, quote := range []string{"'", `"`} {
		code = strings.ReplaceAll(code, "if __name__ == "+quote+"__main__"+quote+":\n    unittest.main()", "")
	}
	code = placeholderImport.ReplaceAllString(code, "")
	found, err := outline(ctx, []string{block, code})
	if err != nil {
		return Extraction{}, &OutlineError{err}
	}
	if len(found[0].Classes) != 1 {
		return Extraction{}, errClasses
	}
	imports := found[1].Imports
	if !found[1].Parses {
		imports = []string{"import unittest"}
	}
	test := strings.TrimRight(strings.Join(imports, "\n")+"\n"+withoutFunctions(code), "\n")
	if test == "" { // the reference has a test then that no solution passes
		return Extraction{}, errNothing
	}
	return Extraction{Tests: []problem.Test{{Kind: problem.Unittest, Code: test}}}, nil
}

// OutlineError is a failure to read a completion that says nothing of it.
type OutlineError struct{ Err error }

func (e *OutlineError) Error() string { return fmt.Sprintf("reading a completion: %v", e.Err) }

func (e *OutlineError) Unwrap() error { return e.Err }

var (
	pythonFence = regexp.MustCompile("(?s)```python\n(.*?)\n```")
	plainFence  = regexp.MustCompile("(?s)```\n(.*?)\n```")
	// placeholderImport is a line that imports a solution by the name that models
	// give it. Blanks and names are Python's, which go beyond ASCII.
	placeholderImport = regexp.MustCompile(`(?m)^from` + blanks + `your_module` + blanks + `import` + blanks + `[\pL\pN_]+(` + blanks + `#.*)?$`)
)

const blanks = `[\s\x0b\x1c-\x1f\x{85}\pZ]+`

// onlyBlock is the text of the one block that is fenced as Python or, where there is
// none, as nothing.
func onlyBlock(completion string) (string, bool) {
	for _, fence := range []*regexp.Regexp{pythonFence, plainFence} {
		if found := fence.FindAllStringSubmatch(completion, 2); len(found) > 0 {
			return found[0][1], len(found) == 1
		}
	}
	return "", false
}

// withoutFunctions is the code from the line before its first class on, up to the
// next function at a line's beginning, without lines with a # before that. Where no
// line but the first begins with a class, the last character is all that is left.
func withoutFunctions(code string) string {
	at := strings.Index(code, "\nclass")
	if at < 0 {
		_, size := utf8.DecodeLastRuneInString(code)
		return code[len(code)-size:]
	}
	code, _, cut := strings.Cut(code[at:], "\ndef")
	if !cut {
		return code
	}
	kept := pythonLines(code)
	for strings.Contains(kept[len(kept)-1], "#") {
		kept = kept[:len(kept)-1]
	}
	return strings.Join(kept, "\n")
}

// pythonLines is str.splitlines.
func pythonLines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var kept []string
	for {
		at := strings.IndexFunc(text, func(r rune) bool { return slices.Contains(lineEnds, r) })
		if at < 0 {
			break
		}
		_, size := utf8.DecodeRuneInString(text[at:])
		kept, text = append(kept, text[:at]), text[at+size:]
	}
	if text != "" {
		kept = append(kept, text)
	}
	return kept
}

var lineEnds = []rune{'\n', '\r', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029}
