package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// TestPrograms covers the tests that give a program its input and compare its
// output.
func TestPrograms(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	const sum = "import sys\nprint(sum(map(int, sys.stdin.read().split())))\n"
	for name, c := range map[string]struct {
		program, input, want string
		kind                 sandbox.Kind
		detail               string
	}{
		"right":                {sum, "1 2\n3\n", "6\n", sandbox.Pass, ""},
		"wrong":                {sum, "1 2\n3\n", "7\n", sandbox.Fail, "output line 1 is 6, want 7"},
		"blanks do not count":  {"print('a  \\nb\\n\\n')", "", "a\nb", sandbox.Pass, ""},
		"order counts":         {"print('a\\nb')", "", "b\na\n", sandbox.Fail, "line 1"},
		"missing line":         {"print('a')", "", "a\nb\n", sandbox.Fail, "output line 2 is empty, want b"},
		"main block":           {"if __name__ == '__main__':\n    print(input())", "x\n", "x\n", sandbox.Pass, ""},
		"sys.exit":             {"import sys\nprint(1)\nsys.exit()", "", "1\n", sandbox.Pass, ""},
		"exit":                 {"print(1)\nexit()", "", "1\n", sandbox.Pass, ""},
		"os._exit":             {"import os, sys\nprint(1)\nsys.stdout.flush()\nos._exit(0)", "", "1\n", sandbox.Pass, ""},
		"os._exit unflushed":   {"import os\nprint(1)\nos._exit(0)", "", "1\n", sandbox.Fail, "empty"},
		"os._exit 1":           {"import os\nprint(1, flush=True)\nos._exit(1)", "", "1\n", sandbox.Error, "status 1"},
		"sys.exit 1":           {"import sys\nprint(1)\nsys.exit(1)", "", "1\n", sandbox.Error, "exit status 1"},
		"asserts":              {"print(1)\nassert 0", "", "1\n", sandbox.Error, "AssertionError"},
		"memory":               {"x = []\nwhile True:\n    x.append(bytearray(1 << 20))", "", "", sandbox.Memory, "MemoryError"},
		"waits for ever":       {"import signal\nsignal.pause()", "", "", sandbox.Timeout, "no timer"},
		"input at its end":     {"print(1)\ninput()", "", "1\n", sandbox.Error, "EOFError"},
		"raises":               {"print(1)\n1/0", "", "1\n", sandbox.Error, "ZeroDivisionError"},
		"stderr is apart":      {"import sys\nprint('noise', file=sys.stderr)\nprint(1)", "", "1\n", sandbox.Pass, ""},
		"raw reads":            {"import os\nprint(os.read(0, 100).decode().strip())", "x\n", "x\n", sandbox.Pass, ""},
		"no output wanted":     {"pass", "", "", sandbox.Pass, ""},
		"large output wanted":  {"print('x' * 3_000_000)", "", strings.Repeat("x", 3_000_000), sandbox.Pass, ""},
		"too much output":      {"while True: print('x' * 1000)", "", "x\n", sandbox.Error, "printed more than 1048580 bytes to stdout"},
		"stderr is not output": {"import sys\nsys.stderr.write('x' * 3_000_000)\nprint(1)", "", "1\n", sandbox.Pass, ""},
		"too much stderr":      {"import sys\nwhile True: sys.stderr.write('x' * 1_000_000)", "", "1\n", sandbox.Error, "to stderr"},
		"unicode":              {"print(input()[::-1])", "äö🐍\n", "🐍öä\n", sandbox.Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := s.Run(context.Background(), sandbox.Pair{Solution: c.program, Test: problem.StdioTest(c.input, c.want)}, sandbox.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind != c.kind || !strings.Contains(v.Detail, c.detail) {
				t.Errorf("got %v %q, want %v with %q", v.Kind, v.Detail, c.kind, c.detail)
			}
		})
	}
}

// TestTooLittleFuel: what ends before it has begun has no verdict of what ran before it
// in the same instance, however far it came.
func TestTooLittleFuel(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	ctx := t.Context()
	for name, p := range map[string]sandbox.Pair{
		"assert":   {Solution: "def f(x): return x\n", Test: problem.PythonTest("assert f(1) == 1")},
		"unittest": {Solution: "def f(x): return x\n", Test: problem.PythonTest("import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(1), 1)\n")},
		"program":  {Solution: "print(input())\n", Test: problem.StdioTest("1\n", "1\n")},
	} {
		whole, err := s.Run(ctx, p, sandbox.Limits{})
		if err != nil || whole.Kind != sandbox.Pass {
			t.Fatalf("%s: %v %+v", name, err, whole)
		}
		for _, part := range []uint64{1, 10, 100, 1000, whole.Fuel / 4, whole.Fuel / 2, whole.Fuel * 3 / 4, whole.Fuel - 1000} {
			v, err := s.Run(ctx, p, sandbox.Limits{Fuel: part})
			if err != nil || v.Kind != sandbox.Timeout {
				t.Errorf("%s with %d of %d fuel: %v %+v", name, part, whole.Fuel, err, v)
			}
			if v, err := s.Run(ctx, p, sandbox.Limits{}); err != nil || v.Kind != sandbox.Pass {
				t.Errorf("%s after that: %v %+v", name, err, v)
			}
		}
	}
	program, err := s.Compile(ctx, "print(1)\n", sandbox.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, fuel := range []uint64{0, 1, 0, 100, 0, 2000} {
		e, err := s.Execute(ctx, program, sandbox.Input{}, sandbox.Limits{Fuel: fuel}, 100)
		if err != nil || (e.Verdict.Kind == sandbox.Pass) != (fuel == 0) || (e.Exit == 0) != (fuel == 0) {
			t.Errorf("%d fuel: %v %+v", fuel, err, e)
		}
	}
}

// TestFilesClash: files of which one is where another's folder should be are refused,
// and one that there is no place for is never the program's success.
func TestFilesClash(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	program, err := s.Compile(t.Context(), "print(1)\n", sandbox.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, names := range [][]string{{"a", "a/b"}, {"a/b", "a/b/c/d"}, {"a", "./a"}, {"solution.py/x", "x"}, {"tmp"}, {"usr"}, {"lib/x"}, {"dev"}} {
		in := sandbox.Input{Files: map[string][]byte{}}
		for _, n := range names {
			in.Files[n] = []byte("x")
		}
		if err := in.Check(); err == nil {
			t.Errorf("%q are taken", names)
		}
		if e, err := s.Execute(t.Context(), program, in, sandbox.Limits{}, 100); err == nil {
			t.Errorf("%q: %+v", names, e)
		}
	}
	in := sandbox.Input{Files: map[string][]byte{"a/b": nil, "a/c": nil, "a.txt": nil, "tmp/x": nil, "ab": nil}}
	if e, err := s.Execute(t.Context(), program, in, sandbox.Limits{}, 100); err != nil || e.Exit != 0 {
		t.Errorf("%v %+v", err, e)
	}
	large := sandbox.Input{Files: map[string][]byte{"a": make([]byte, 200<<20)}}
	if e, err := s.Execute(t.Context(), program, large, sandbox.Limits{Memory: 128 << 20}, 100); err != nil || e.Verdict.Kind != sandbox.Memory {
		t.Errorf("a file that has no room: %v %+v", err, e)
	}
}
