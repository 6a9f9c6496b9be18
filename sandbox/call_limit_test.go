package sandbox_test

import (
	"context"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// A limit of a call holds for each by itself, with and without a tree of moves, and
// gives the same verdict.
func TestCallLimit(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	test := problem.PythonTest("assert [f(n) for n in (3, 20000, 20000, 20000, 7)] == [3, 20000, 20000, 20000, 7]")
	slow := "def f(n):\n    i = 0\n    while i < n: i += 1\n    return i\n"
	endless := "def f(n):\n    while n == 7: pass\n    return n\n"
	called := "def f(n):\n    return len([i for i in range(n)])\n"
	programs := []string{slow, endless, "\n" + slow, "\n" + endless, called}
	lim := sandbox.Limits{Call: 40_000_000}
	rows := make([]sandbox.Verdict, len(programs))
	err := s.Matrix(context.Background(), programs, []problem.Test{test}, lim, func(i, _ int, v sandbox.Verdict) error {
		rows[i] = v
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []sandbox.Kind{sandbox.Pass, sandbox.Timeout, sandbox.Pass, sandbox.Timeout, sandbox.Pass} {
		if rows[i].Kind != want || rows[i].Fuel > 200_000_000 {
			t.Errorf("%q: %+v, want %s", programs[i], rows[i], want)
		}
	}
	if rows[0].Fuel < lim.Call {
		t.Errorf("all calls together took %d, less than the limit of one", rows[0].Fuel)
	}
	if rows[1].Detail != rows[3].Detail || rows[1].Detail != "out of the fuel for one call" {
		t.Errorf("%q and %q", rows[1].Detail, rows[3].Detail)
	}
}
