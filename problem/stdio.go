package problem

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Stdio is a test of a whole program: what it reads on standard input, and what
// it should print. In files it has the fields stdin, expected and compare.
type Stdio struct {
	Input    string     `json:"stdin"`
	Expected string     `json:"expected"`
	Compare  Comparison `json:"compare,omitempty"`
}

// Comparison is a rule for what is printed and what is expected.
type Comparison string

// The comparisons.
const (
	// CompareLines: line by line as text; blanks at the end of a line and empty
	// lines at the end of the output do not matter.
	CompareLines Comparison = ""
	// CompareDecimals is LiveCodeBench's rule (lcb_runner/evaluation/testing_util.py):
	// blanks around the output and around each line do not matter, and a line that
	// is not the same text may be the same decimal numbers: 0.5 is 0.50000.
	CompareDecimals Comparison = "decimals"
)

// UnmarshalJSON reads the three fields and refuses comparisons it does not know.
func (s *Stdio) UnmarshalJSON(b []byte) error {
	var f fields
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	test, err := f.takeStdio()
	if err != nil {
		return err
	}
	if test == nil {
		return fmt.Errorf(`no "stdin" or no "expected"`)
	}
	*s = *test
	return nil
}

// takeStdio takes the fields of such a test; nil where there is none.
func (f fields) takeStdio() (*Stdio, error) {
	var s Stdio
	in, err := f.take(&s.Input, "stdin")
	if err != nil {
		return nil, err
	}
	out, err := f.take(&s.Expected, "expected")
	if err != nil {
		return nil, err
	}
	if _, err := f.take(&s.Compare, "compare"); err != nil {
		return nil, err
	}
	switch {
	case !in && !out:
		return nil, nil
	case in != out:
		return nil, fmt.Errorf(`a test of a program has "stdin" and "expected"; only one is there`)
	case s.Compare != CompareLines && s.Compare != CompareDecimals:
		return nil, fmt.Errorf("compare %q is unknown; use %q, or leave it out", s.Compare, CompareDecimals)
	}
	return &s, nil
}

// stdioMark starts the text that such a test has among texts of Python, which
// cannot contain it.
const stdioMark = "\x00stdio\x00"

// Text is the test where tests are texts: the mark and a JSON list of input,
// expected output and, if it is not the usual one, the comparison.
func (s Stdio) Text() string {
	parts := []string{s.Input, s.Expected}
	if s.Compare != CompareLines {
		parts = append(parts, string(s.Compare))
	}
	text, _ := json.Marshal(parts) // strings always marshal
	return stdioMark + string(text)
}

// ParseStdio takes a text of Text apart; ok is false for any other text.
func ParseStdio(text string) (s Stdio, ok bool) {
	list, ok := strings.CutPrefix(text, stdioMark)
	var parts []string
	if !ok || json.Unmarshal([]byte(list), &parts) != nil || len(parts) < 2 || len(parts) > 3 {
		return s, false
	}
	s = Stdio{Input: parts[0], Expected: parts[1]}
	if len(parts) == 3 {
		s.Compare = Comparison(parts[2])
	}
	return s, true
}

// testText reads a test that stands alone: a string, the program, or an object
// with stdin and expected.
func testText(raw json.RawMessage) (string, error) {
	var code string
	if json.Unmarshal(raw, &code) == nil {
		return code, nil
	}
	var s Stdio
	err := json.Unmarshal(raw, &s)
	return s.Text(), err
}

// testValue is the test as testText reads it.
func testValue(text string) any {
	if s, ok := ParseStdio(text); ok {
		return s
	}
	return text
}
