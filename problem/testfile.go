package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// TestFields are a test in a line of a file, among the line's other fields: the
// program and its style; or stdin, expected and compare; or stdin alone, with the style
// input; or call.
type TestFields struct {
	Style    Kind    `json:"style,omitempty"`
	Code     *string `json:"test,omitempty"`
	Input    *string `json:"stdin,omitempty"`
	Expected *string `json:"expected,omitempty"`
	Compare  Checker `json:"compare,omitzero"`
	Call     *string `json:"call,omitempty"`
}

// Fields are what a file has of the test.
func (t Test) Fields() TestFields {
	switch t.Kind {
	case Stdio:
		return TestFields{Input: &t.Input, Expected: &t.Expected, Compare: t.Compare}
	case Stdin:
		return TestFields{Style: Stdin, Input: &t.Input}
	case Call:
		return TestFields{Call: &t.Input}
	}
	return TestFields{Style: t.Kind, Code: &t.Code}
}

// Test is the test that the fields hold; ok is false where there is none.
func (f TestFields) Test() (t Test, ok bool, err error) {
	if err := f.check(); err != nil {
		return t, false, err
	}
	switch {
	case f.Code != nil:
		t = textTest(*f.Code)
		if t.Kind != Stdio && (f.Style == Unittest || f.Style == Assert) {
			t.Kind = f.Style
		}
	case f.Style == Stdin && f.Input != nil:
		t = Test{Kind: Stdin, Input: *f.Input}
	case f.Input != nil:
		t = Test{Kind: Stdio, Input: *f.Input, Expected: *f.Expected, Compare: f.Compare}
	case f.Call != nil:
		t = Test{Kind: Call, Input: *f.Call}
	default:
		return t, false, nil
	}
	if f.Style != "" && f.Style != t.Kind {
		return t, false, fmt.Errorf("style %q does not go with a test of kind %s", f.Style, t.Kind)
	}
	return t, true, nil
}

// check refuses words it does not know, and more or less than one test.
func (f TestFields) check() error {
	tests := 0
	for _, there := range []bool{f.Code != nil, f.Input != nil || f.Expected != nil, f.Call != nil} {
		if there {
			tests++
		}
	}
	switch f.Style {
	case "", Unittest, Assert, Stdio, Call, Stdin:
	default:
		return fmt.Errorf("style %q is unknown; use %s, %s, %s, %s or %s", f.Style, Unittest, Assert, Stdio, Call, Stdin)
	}
	switch {
	case tests > 1:
		return errors.New(`more than one test in a line; give one of "test", "stdin" with "expected", and "call"`)
	case f.Style == Stdin && (f.Expected != nil || f.Compare != (Checker{})):
		return errors.New(`a test with the style "input" expects nothing; leave "expected" and "compare" out, or the style`)
	case f.Style != Stdin && (f.Input == nil) != (f.Expected == nil):
		return errors.New(`a test of a program has "stdin" and "expected"; only one is there (an input alone has the style "input")`)
	}
	return nil
}

// takeTest takes a test's fields out of a line.
func (f fields) takeTest() (t TestFields, err error) {
	var errs []error
	for name, to := range map[string]any{
		"style": &t.Style, "test": &t.Code, "stdin": &t.Input, "expected": &t.Expected, "compare": &t.Compare, "call": &t.Call,
	} {
		_, err := f.take(to, name)
		errs = append(errs, err)
	}
	return t, errors.Join(errs...)
}

// MarshalJSON writes a test that stands alone: a program as a string where that
// tells its kind, else an object.
func (t Test) MarshalJSON() ([]byte, error) {
	if t == textTest(t.Code) && t.Kind != Stdio {
		return marshal(t.Code)
	}
	return marshal(t.Fields())
}

// UnmarshalJSON reads a test that stands alone, a string or an object. Other fields
// of the object are passed over.
func (t *Test) UnmarshalJSON(b []byte) (err error) {
	*t, err = readTest(b, "")
	return err
}

// readTest reads a test that stands alone; style is that of a program, if it is
// known.
func readTest(b []byte, style Kind) (Test, error) {
	f := TestFields{Style: style}
	var line fields
	if json.Unmarshal(b, &f.Code) != nil || f.Code == nil {
		if json.Unmarshal(b, &line) != nil || line == nil {
			return Test{}, errors.New(`a test is a string, or an object with "stdin" and "expected"`)
		}
		var err error
		if f, err = line.takeTest(); err != nil {
			return Test{}, err
		}
	}
	t, ok, err := f.Test()
	if err == nil && !ok {
		err = errors.New(`no "test", nor "stdin" and "expected"`)
	}
	return t, err
}

// testCode finds what makes a program more than plain asserts.
var testCode = regexp.MustCompile(`(?m)^(class|(async )?def)\s`)

func kindOf(code string) Kind {
	if testCode.MatchString(code) {
		return Unittest
	}
	return Assert
}

// stdioMark started a string that stood for a Stdio where tests were strings:
// the mark and a JSON list of input, expected output and, if it was not the usual
// one, the comparison. Files may still have such strings.
const stdioMark = "\x00stdio\x00"

// textTest is the test that a file gives as a string.
func textTest(text string) Test {
	list, marked := strings.CutPrefix(text, stdioMark)
	var parts []string
	if !marked || json.Unmarshal([]byte(list), &parts) != nil || len(parts) < 2 || len(parts) > 3 {
		return PythonTest(text)
	}
	t := StdioTest(parts[0], parts[1])
	if len(parts) == 3 {
		t.Compare.Kind = CheckerKind(parts[2])
	}
	if t.Compare.check() != nil {
		return PythonTest(text)
	}
	return t
}
