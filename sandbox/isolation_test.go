package sandbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/benchmarks/codegen16b"
	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/sandbox"
)

// TestTrackedEqualsFresh is the proof that putting pages back is as good as a
// new copy-on-write mapping for each pair: the same verdicts, details and fuel,
// to the last unit, whatever ran before, in any order, on any worker.
func TestTrackedEqualsFresh(t *testing.T) {
	problems, err := codegen16b.Load(testkit.Data(t, codegen16b.File), max(1, 8/slowdown))
	if err != nil {
		t.Fatal(err)
	}
	const rows, columns = 25, 12
	fresh := open(t, sandbox.Options{Fresh: true})
	tracked := open(t, sandbox.Options{Workers: 3})
	random := rand.New(rand.NewPCG(1, 2))
	for _, p := range problems {
		solutions := p.Programs()[:rows]
		tests := p.Asserts()[:min(columns, len(p.Tests))]
		want := verdicts(t, fresh, solutions, tests)
		for range 2 {
			random.Shuffle(rows, func(a, b int) { solutions[a], solutions[b] = solutions[b], solutions[a] })
			random.Shuffle(len(tests), func(a, b int) { tests[a], tests[b] = tests[b], tests[a] })
			got := verdicts(t, tracked, solutions, tests)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-fresh +tracked):\n%s", p.TaskID, d)
			}
		}
	}
}

// verdicts runs a matrix and keys the verdicts by the texts.
func verdicts(t *testing.T, s *sandbox.Sandbox, solutions []string, tests []problem.Test) map[[2]string]sandbox.Verdict {
	t.Helper()
	out := map[[2]string]sandbox.Verdict{}
	lim := sandbox.Limits{Fuel: 100_000_000}
	err := s.Matrix(context.Background(), solutions, tests, lim, func(i, j int, v sandbox.Verdict) error {
		out[[2]string{solutions[i], tests[j].Code}] = v
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestNoTrace runs programs that change everything they can reach between runs
// of one that looks whether anything is different.
func TestNoTrace(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	const probe = `
import sys, gc, builtins, os, random, time
seen = (len(sys.modules), sorted(vars(builtins)), sys.getrecursionlimit(), random.random(), time.time(),
    os.listdir('/'), os.environ.copy(), getattr(sys, 'mark', None), len('x' * 1000), sum(gc.get_count()), id(object()))
def f():
    return seen
`
	vandals := []string{
		"import sys; sys.mark = 1\nimport builtins; builtins.len = lambda x: 0\n",
		"import os; os.environ['A'] = '1'\nopen('/tmp/x', 'w').write('x')\nimport random; random.seed(7)\n",
		"import sys; sys.setrecursionlimit(50)\nimport time; time.sleep(1000)\n",
		"keep = [bytearray(1 << 20) for _ in range(200)]\n", // grows the memory
		"import gc; gc.disable(); x = [[] for _ in range(300000)]\n",
		"import unittest; unittest.TestCase.assertEqual = lambda *a: None\n",
		"while True: pass\n",
		"def r(): r()\nr()\n",
		"import os; os._exit(0)\n",
		"print('x' * 5000000)\n",
		"1/0\n",
	}
	lim := sandbox.Limits{Fuel: 2_000_000_000}
	look := "raise ValueError(repr(f()))"
	var want sandbox.Verdict
	for round, v := range append([]string{""}, vandals...) {
		if v != "" {
			_, err := s.Run(context.Background(), sandbox.Pair{Solution: v, Test: problem.PythonTest("pass")}, lim)
			if err != nil {
				t.Fatal(err)
			}
			// And as a test, after which the row's solution must be untouched.
			checkRow(t, s, probe, v, look, lim)
		}
		got, err := s.Run(context.Background(), sandbox.Pair{Solution: probe, Test: problem.PythonTest(look)}, lim)
		if err != nil {
			t.Fatal(err)
		}
		if round == 0 {
			want = got
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("after %q (-want +got):\n%s", v, d)
		}
	}
}

// checkRow runs look, vandal, look in a row of one solution.
func checkRow(t *testing.T, s *sandbox.Sandbox, solution, vandal, look string, lim sandbox.Limits) {
	t.Helper()
	var looks []sandbox.Verdict
	tests := problem.PythonTests([]string{look, vandal, look + "\n"})
	err := s.Matrix(context.Background(), []string{solution}, tests, lim, func(i, j int, v sandbox.Verdict) error {
		if j != 1 {
			v.Fuel = 0 // the texts differ by a line break
			looks = append(looks, v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(looks) != 2 || fmt.Sprint(looks[0]) != fmt.Sprint(looks[1]) {
		t.Errorf("the test %q left a trace: %v", vandal, looks)
	}
}
