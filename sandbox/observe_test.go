package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"coderm/problem"
	"coderm/problem/literal"
	"coderm/sandbox"
)

// What a call gives is the value that the expression has.
func TestObserve(t *testing.T) {
	s := open(t, sandbox.Options{})
	solutions := []string{
		"def f(x):\n    return x\n",
		"def f(x):\n    return x * 2\n",
		"def f(x):\n    raise ValueError(x)\n",
		"def f(x):\n    while True: pass\n",
		"def f(x:\n",
		"def f(x):\n    return x\n",
	}
	calls := []string{"f(1)", "f([1, 2.5, 'a', None, {1: (2,)}, {3}])", "f('ab')", "f(", "f(y)"}
	rows, cost, err := s.Observe(context.Background(), solutions, calls, sandbox.MatrixLimits())
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{
		{"=1", "=[1, 2.5, 'a', None, {1: (2,)}, {3}]", "='ab'", "SyntaxError", "NameError"},
		{"=2", "=[1, 2.5, 'a', None, {1: (2,)}, {3}, 1, 2.5, 'a', None, {1: (2,)}, {3}]", "='abab'", "SyntaxError", "NameError"},
		{"ValueError", "ValueError", "ValueError", "SyntaxError", "NameError"},
		{"timeout", "timeout", "timeout", "SyntaxError", "NameError"},
		{"", "", "", "", ""},
		{"=1", "=[1, 2.5, 'a', None, {1: (2,)}, {3}]", "='ab'", "SyntaxError", "NameError"},
	} {
		for c, text := range want {
			o := rows[i][c]
			value, returned := strings.CutPrefix(text, "=")
			if o.Text != value || returned != (o.Ending == problem.Returned) || (text == "") != (o.Ending == problem.NotLoaded) {
				t.Errorf("%s of solution %d gave %+v", calls[c], i, o)
			}
			if v, err := literal.Parse(value); returned && (err != nil || v.Digest() != o.Digest) {
				t.Errorf("%s has another digest, %x", value, o.Digest)
			}
		}
	}
	if cost.Loads != 5 || cost.Calls != 20 || cost.Hung != 3 || cost.Dropped != 0 || cost.Fuel == 0 {
		t.Errorf("%+v", cost)
	}
}
