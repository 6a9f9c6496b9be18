package problem

import "strings"

// Test is one test of a problem's solutions. Equal values are the same test.
type Test struct {
	Kind Kind
	// Code is the program of a Unittest or an Assert. It sees the solution's names as
	// if both were one module.
	Code string
	// Input is what the solution reads on standard input, of a Stdio and a Stdin, or
	// the expression that a Call evaluates among the solution's names.
	Input string
	// Expected is what a Stdio's solution should print, by the checker Compare.
	Expected string
	Compare  Checker
}

// Kind says what shape a test has and how it comes to a verdict.
type Kind string

// The kinds of tests.
const (
	// Unittest is a program with unittest.TestCase classes or test functions.
	Unittest Kind = "unittest"
	// Assert is a program of top-level statements that assert something.
	Assert Kind = "assert"
	// Stdio runs the solution as a whole program, gives it an input and compares
	// what it prints.
	Stdio Kind = "stdio"
	// Call is an input alone: what the solution makes of it is observed, and nothing
	// is expected.
	Call Kind = "call"
	// Stdin is what a whole program reads, alone: what the solution prints on it is
	// observed, and nothing is expected.
	Stdin Kind = "input"
)

// Alone tells of a test that expects nothing: what solutions make of it is observed,
// and it comes to no verdict.
func (t Test) Alone() bool { return t.Kind == Call || t.Kind == Stdin }

// PythonTest is a test program of which nobody said the kind: a Unittest if it
// defines classes or functions, else an Assert.
func PythonTest(code string) Test { return Test{Kind: kindOf(code), Code: code} }

// PythonTests are PythonTest of each program.
func PythonTests(codes []string) []Test {
	out := make([]Test, len(codes))
	for i, code := range codes {
		out[i] = PythonTest(code)
	}
	return out
}

// StdioTest is a Stdio that goes by its problem's checker.
func StdioTest(input, expected string) Test {
	return Test{Kind: Stdio, Input: input, Expected: expected}
}

// String is the test for people to read.
func (t Test) String() string {
	switch t.Kind {
	case Stdio:
		return "# standard input\n" + endLine(t.Input) + "# expected output\n" + endLine(t.Expected)
	case Stdin:
		return "# standard input\n" + endLine(t.Input)
	case Call:
		return t.Input
	}
	return t.Code
}

func endLine(text string) string {
	if text == "" || strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
