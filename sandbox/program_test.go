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
