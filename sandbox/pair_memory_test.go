package sandbox_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// TestPairMemory: test and solution have one limit together, whoever comes first,
// and a matrix, where answers and moves are kept, gives the verdicts of single pairs.
func TestPairMemory(t *testing.T) {
	const hold = "held = []\ndef hold(n):\n    held.append(bytearray(n << 20))\n    return len(held[-1]) >> 20\n"
	solutions := []string{
		hold,
		hold + "hold(150)\n", // when it is loaded
		"def hold(n):\n    return n\n",
		"def hold(n):\n    return n + 0\n",
		"held = []\ndef hold(n):\n    try:\n        held.append(bytearray(n << 20))\n    except MemoryError:\n        return 'no'\n    return n\n",
	}
	var tests []problem.Test
	want := map[string][]sandbox.Kind{ // of each solution
		"assert hold(150) == 150":                                                               {sandbox.Pass, sandbox.Memory, sandbox.Pass, sandbox.Pass, sandbox.Pass},
		"own = bytearray(150 << 20)\nassert hold(150) == 150":                                   {sandbox.Memory, sandbox.Memory, sandbox.Pass, sandbox.Pass, sandbox.Fail},
		"assert hold(150) == 150\nown = bytearray(150 << 20)":                                   {sandbox.Memory, sandbox.Memory, sandbox.Pass, sandbox.Pass, sandbox.Memory},
		"own = bytearray(150 << 20)\nassert hold(1) == 1":                                       {sandbox.Pass, sandbox.Memory, sandbox.Pass, sandbox.Pass, sandbox.Pass},
		"own = bytearray(250 << 20)\nassert own":                                                {sandbox.Memory, sandbox.Memory, sandbox.Memory, sandbox.Memory, sandbox.Memory},
		"try:\n    own = bytearray(150 << 20)\nexcept MemoryError:\n    own = None\nassert own": {sandbox.Pass, sandbox.Fail, sandbox.Pass, sandbox.Pass, sandbox.Pass},
	}
	for text := range want {
		for n := range 3 { // the same again, where what it asks is known
			tests = append(tests, problem.PythonTest(fmt.Sprintf("%s # %d", text, n)))
		}
	}
	s := open(t, sandbox.Options{Workers: 2})
	ctx := context.Background()
	lim := sandbox.Limits{Memory: 224 << 20} // of 128 at the start some 90 are free
	got := map[[2]int]sandbox.Verdict{}
	err := s.Matrix(ctx, solutions, tests, lim, func(i, j int, v sandbox.Verdict) error {
		got[[2]int{i, j}] = v
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for at, v := range got {
		solution, test := solutions[at[0]], tests[at[1]]
		if kind := want[test.Code[:len(test.Code)-len(" # 0")]][at[0]]; v.Kind != kind {
			t.Errorf("%q, %q: %v (%s), want %v", solution, test.Code, v.Kind, v.Detail, kind)
		}
		one, err := s.Run(ctx, sandbox.Pair{Solution: solution, Test: test}, lim)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(v, one) {
			t.Errorf("%q, %q: %+v, on its own %+v", solution, test.Code, v, one)
		}
	}
}
