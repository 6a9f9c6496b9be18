package sandbox_test

import (
	"context"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// TestDecimals: outputs compared by LiveCodeBench's rule. The verdicts are those of
// its get_stripped_lines and convert_line_to_decimals under CPython 3.11.
func TestDecimals(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	for _, c := range []struct {
		prints, want string
		same         bool
	}{
		{"0.5", "0.50000\n", true}, {"1 2", "1.0 2.0", true}, {"\n 1\t", "1\n", true}, {"  a\n b ", "a\nb", true},
		{"1e2", "100", true}, {"1E+2", "100.0", true}, {"1_000", "1000", true}, {".5", "0.5", true}, {"5.", "5", true}, {"+3", "3", true},
		{"-0", "0", true}, {"0e5", "0.00", true}, {"-0.0 007", "0 7", true}, {"Infinity", "inf", true}, {"1  2", "1 2", true}, {"1.10", "1.1", true},
		{"nan", "nan", true}, {"100", "1e2 ", true}, {"12.340e-1", "1.234", true}, {"a b", "a b", true}, {"", "", true}, {"\n\n", "", true},
		{"0.30000000000000004", "0.3", false}, {"NaN", "nan", false}, {"1", "1 1", false}, {"1\n\n2", "1\n2", false}, {"1,2", "1.0,2", false},
		{"a  b", "a b", false}, {"-inf", "inf", false}, {"0x10", "16", false}, {"1.2.3", "1.23", false}, {"1e", "1", false}, {"e1", "0", false},
		{"50000000000000000", "50000000000000001", false}, {".", "0", false}, {"Yes 1.0", "Yes 1", false}, {"-1", "1", false}, {"101", "11", false},
		{"1", "", false}, {"10", "1", false}, {"1\n2", "1", false}, {"1.", "1.0.", false}, {"12", "1.2", false}, {"1e400", "1e401", false},
	} {
		test := problem.Test{Kind: problem.Stdio, Input: c.prints, Expected: c.want, Compare: problem.Checker{Kind: problem.CheckDecimals}}
		v, err := s.Run(context.Background(), sandbox.Pair{Solution: "import sys\nsys.stdout.write(sys.stdin.read())", Test: test}, sandbox.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if (v.Kind == sandbox.Pass) != c.same {
			t.Errorf("%q for %q: %v %s", c.prints, c.want, v.Kind, v.Detail)
		}
		// What solutions printed is grouped by the same rule.
		printed, _ := test.Compare.Form([]byte(c.prints))
		wanted, _ := test.Compare.Form([]byte(c.want))
		if (string(printed) == string(wanted)) != c.same {
			t.Errorf("%q has the form %q, %q has %q", c.prints, printed, c.want, wanted)
		}
	}
	// The rule is of one test and leaves nothing behind.
	v, err := s.Run(context.Background(), sandbox.Pair{Solution: "print(0.5)", Test: problem.StdioTest("", "0.50")}, sandbox.Limits{})
	if err != nil || v.Kind != sandbox.Fail {
		t.Errorf("%v %s, %v", v.Kind, v.Detail, err)
	}
}
