package sandbox_test

import (
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
		rows, err := s.Outputs(t.Context(), programs, inputs, lim)
		if err != nil {
			t.Fatal(err)
		}
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
