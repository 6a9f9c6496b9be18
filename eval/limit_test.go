package eval

import (
	"testing"

	"coderm/problem"
)

// TestTimeLimit: a problem's time limit is that of its tests on standard input.
func TestTimeLimit(t *testing.T) {
	hidden := []problem.TestLine{{Test: problem.StdioTest("1\n", "2\n")}, {Test: problem.PythonTest("assert f()")}}
	least := func(limit float64) [2]uint64 {
		checks, err := HiddenChecks(problem.Problem{ID: "p", TimeLimit: limit}, hidden, DefaultPatience())
		if err != nil {
			t.Fatal(err)
		}
		return [2]uint64{checks[0].Least.Fuel, checks[1].Least.Fuel}
	}
	usual := least(0)
	if usual[0] != usual[1] || usual[0] == 0 {
		t.Errorf("without a limit %d", usual)
	}
	if got, want := least(2.5), [2]uint64{5 * problem.SecondFuel / 2, usual[1]}; got != want {
		t.Errorf("with 2.5 s %d, want %d", got, want)
	}
}
