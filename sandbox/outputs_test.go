package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/sandbox"
)

// What programs print is the same where a test would take one for the other, and how
// they end otherwise is said.
func TestOutputs(t *testing.T) {
	programs := []string{
		"print(int(input()) * 2)",
		"x = int(input())\nprint(f'{x + x}  \\n')",
		"import sys\nx = int(input())\nif x > 1: sys.exit(3)\nprint(x * 2)",
		"print(1 // (int(input()) - 1))",
		"while True: pass",
		"print(",
		"print(int(input()) * 2)",
	}
	inputs := []string{"1\n", "2\n", "30\n"}
	lim := sandbox.Limits{Fuel: 200_000_000}
	var first [][]problem.Observation
	for _, workers := range []int{1, 3} {
		s := open(t, sandbox.Options{Workers: workers})
		out, err := s.Outputs(t.Context(), programs, inputs, problem.Checker{}, lim)
		if err != nil {
			t.Fatal(err)
		}
		rows := out.Rows
		if first == nil {
			first = rows
		}
		if d := cmp.Diff(first, rows); d != "" {
			t.Errorf("with %d workers (-1 +%d):\n%s", workers, workers, d)
		}
	}
	want := [][]string{
		{"2", "4", "60"}, {"2", "4", "60"}, {"2", "raised exit status 3", "raised exit status 3"},
		{"raised ZeroDivisionError", "1", "0"},
		{"ran out of time or memory", "ran out of time or memory", "ran out of time or memory"},
		{"did not load", "did not load", "did not load"}, {"2", "4", "60"},
	}
	for i, row := range first {
		for c, o := range row {
			if o.Words() != want[i][c] {
				t.Errorf("program %d on input %d: %s, want %s", i, c, o.Words(), want[i][c])
			}
		}
	}
	if !first[0][2].Same(first[1][2]) || first[0][0].Same(first[0][1]) {
		t.Error("blanks at the end are a difference, or outputs that differ are none")
	}
}

// Outputs are grouped by the problem's checker.
func TestOutputsByChecker(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 2})
	print := func(outputs ...string) (programs []string) {
		for _, o := range outputs {
			programs = append(programs, fmt.Sprintf("print(%q)", o))
		}
		return programs
	}
	huge := "x" + strings.Repeat(" 1", 40_000)
	for name, c := range map[string]struct {
		checker    problem.Checker
		programs   []string
		want       []int // kinds, by the first program of each
		uncompared string
	}{
		"lines":     {problem.Checker{}, print("1", "1 ", "1.0"), []int{0, 0, 2}, ""},
		"decimals":  {problem.Checker{Kind: problem.CheckDecimals}, print("1", "1.0", "2"), []int{0, 0, 2}, ""},
		"unordered": {problem.Checker{Kind: problem.CheckUnordered}, print("a\nb", "b\na", "a\na"), []int{0, 0, 2}, ""},
		// 1.02 is near 1.01, which is of the kind of 1.00, and not near that.
		"tolerance":       {problem.Checker{Kind: problem.CheckTolerance, Absolute: 0.015}, print("1.00", "1.01", "1.02", "1.03", "nan"), []int{0, 0, 2, 2, 4}, ""},
		"huge":            {problem.Checker{Kind: problem.CheckTolerance, Absolute: 0.5}, print(huge, huge, huge+" 1", "x 1"), []int{0, 0, 2, 3}, ""},
		"any divisor":     {problem.Checker{Kind: problem.CheckPython, Source: anyDivisor}, print("3", "5", "4", "3 ", "3 5"), []int{0, 0, 2, 0, 4}, "exit status 3"},
		"fails":           {problem.Checker{Kind: problem.CheckPython, Source: "1/0"}, print("3", "5", "3"), []int{0, 1, 0}, "ZeroDivisionError"},
		"one is not well": {problem.Checker{Kind: problem.CheckPython, Source: "pass"}, append(print("3", "5"), "print(3)\n1/0"), []int{0, 0, 2}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := s.Outputs(t.Context(), c.programs, []string{"15\n"}, c.checker, sandbox.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			kinds := make([]int, len(c.programs))
			for i := range kinds {
				kinds[i] = slices.IndexFunc(out.Rows, func(row []problem.Observation) bool { return row[0].Same(out.Rows[i][0]) })
			}
			if d := cmp.Diff(c.want, kinds); d != "" {
				t.Errorf("kinds (-want +got):\n%s", d)
			}
			if (out.Uncompared == "") != (c.uncompared == "") || !strings.Contains(out.Uncompared, c.uncompared) {
				t.Errorf("uncompared: %q, want %q", out.Uncompared, c.uncompared)
			}
		})
	}
}
