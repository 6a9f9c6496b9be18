package sandbox_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// TestAnswersKept compares a matrix, whose rows keep what a solution has
// answered, with its pairs run one by one, where nothing is kept: verdict,
// detail and fuel are the same.
func TestAnswersKept(t *testing.T) {
	solutions := []string{
		"def f(x):\n    return x + 1\n",
		"def f(x):\n    return x + 1 if x < 3 else None\n",
		"def f(x):\n    while x == 2: pass\n    return x\n",
		"def f(x):\n    if x == 1:\n        raise ValueError('no')\n    return [][x]\n",
		"seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)\n",
		"import time\ndef f(x):\n    return time.time_ns()\n",
		"import time\nstart = time.time_ns()\ndef f(x):\n    return (time.time_ns() - start) // 1000000 + x\n",
		"import random\ndef f(x):\n    return random.randrange(3)\n",
		"def f(x):\n    l = []\n    while x == 1: l.append(bytes(1 << 20))\n    return x\n",
		"import os\ndef f(x):\n    if x == 2: os._exit(0)\n    return x\n",
		"class C:\n    def __init__(self, x): self.x = x\n    def __eq__(self, o): return self.x + 1 == o\n    def __repr__(self): return f'C({self.x})'\ndef f(x):\n    return C(x)\n",
		"def f(x):\n    def g(n): return g(n + 1)\n    return g(x)\n",
		"def f(x):\n    for i in range(20000 * x): pass\n    return x\n",
	}
	for _, text := range []string{"True", "False"} { // answers that a clock gives as well, by the time
		solutions = append(solutions, "def f(x):\n    return "+text+"\n")
	}
	for _, at := range []int{66_000, 80_000, 200_000} { // ns after the start
		solutions = append(solutions, fmt.Sprintf("import time\ndef f(x):\n    return time.time_ns() %% 10**8 > %d\n", at))
	}
	for _, text := range solutions { // the same answers from other lines
		solutions = append(solutions, "\n\n"+text)
	}
	var tests []problem.Test
	for _, x := range []int{1, 2, 3, 1, 2} {
		for want := range 3 {
			tests = append(tests,
				problem.PythonTest(fmt.Sprintf("assert f(%d) == %d # %d", x, want, len(tests))),
				problem.PythonTest(fmt.Sprintf("assert f(%d) and f(%d) == %d, 'message %d'", x, want, want, len(tests))))
		}
	}
	for n := range 12 { // the same calls, later
		tests = append(tests, problem.PythonTest(fmt.Sprintf("for _ in range(%d): pass\nassert f(1) == 1", n*n*n*5)))
	}
	tests = append(tests, problem.PythonTest("import time\nassert time.time_ns() and f(1) == 2\nassert f(2) == time.time_ns()"))
	s := open(t, sandbox.Options{})
	ctx := context.Background()
	for _, fuel := range []uint64{30e6, 5_500_000} {
		lim := sandbox.Limits{Fuel: fuel}
		kinds := map[sandbox.Kind]int{}
		got := map[[2]int]sandbox.Verdict{}
		err := s.Matrix(ctx, solutions, tests, lim, func(i, j int, v sandbox.Verdict) error {
			kinds[v.Kind]++
			got[[2]int{i, j}] = v
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for at, v := range got {
			err := s.Matrix(ctx, solutions[at[0]:at[0]+1], tests[at[1]:at[1]+1], lim, func(_, _ int, one sandbox.Verdict) error {
				if !reflect.DeepEqual(v, one) {
					t.Errorf("fuel %d: %q, %q: %+v, on its own %+v", fuel, solutions[at[0]], tests[at[1]].Code, v, one)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("fuel %d: %v", fuel, kinds)
	}
}
