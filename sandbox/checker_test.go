package sandbox_test

import (
	"strings"
	"testing"

	"coderm/problem"
	"coderm/sandbox"
)

// anyDivisor accepts any divisor of the input but 1 and itself, and is one that fails on
// what is no number.
const anyDivisor = `import sys
n = int(open(sys.argv[1]).read())
out = open(sys.argv[2]).read().split()
answer = int(open(sys.argv[3]).read().split()[0])
if n % answer:
    sys.exit(3)
if len(out) != 1:
    print("not one number", file=sys.stderr)
    sys.exit(2)
if int(out[0]) in (1, n) or n % int(out[0]):
    sys.exit("no divisor")
`

func TestCheckers(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	python := func(source string) problem.Checker {
		return problem.Checker{Kind: problem.CheckPython, Source: source}
	}
	near := problem.Checker{Kind: problem.CheckTolerance, Absolute: 1e-6, Relative: 1e-6}
	unordered := problem.Checker{Kind: problem.CheckUnordered}
	divisor := python(anyDivisor)
	for name, c := range map[string]struct {
		checker              problem.Checker
		program, input, want string
		kind                 sandbox.Kind
		detail               string
	}{
		"near":                {near, "print(1/3)", "", "0.333333\n", sandbox.Pass, ""},
		"not near":            {near, "print(0.34)", "", "0.333333\n", sandbox.Fail, "output word 1 is 0.34, want 0.333333"},
		"not a number":        {near, "print(float('nan'))", "", "0.333333\n", sandbox.Fail, "output word 1 is nan"},
		"raises":              {near, "print(1)\n1/0", "", "1\n", sandbox.Error, "ZeroDivisionError"},
		"exits":               {unordered, "print(1, flush=True)\nraise SystemExit(4)", "", "1\n", sandbox.Error, "exit status 4"},
		"too early":           {unordered, "import os\nprint(1)\nos._exit(0)", "", "1\n", sandbox.Fail, "lacks the line 1"},
		"any order":           {unordered, "print(2)\nprint(1)", "", "1\n2\n", sandbox.Pass, ""},
		"too much":            {unordered, "while True: print('x' * 1000)", "", "1\n", sandbox.Error, "printed more than"},
		"no program":          {unordered, "print(", "", "1\n", sandbox.Error, "SyntaxError"},
		"for ever":            {unordered, "while True: pass", "", "1\n", sandbox.Timeout, ""},
		"10 MB":               {unordered, "import sys\nsys.stdout.write('1\\r\\n' * 3_500_000)", "", strings.Repeat("1\n", 3_500_000), sandbox.Pass, ""},
		"any divisor":         {divisor, "print(5)", "15", "3", sandbox.Pass, ""},
		"no divisor":          {divisor, "print(4)", "15", "3", sandbox.Fail, "checker: no divisor"},
		"malformed":           {divisor, "print(3, 5)", "15", "3", sandbox.Fail, "checker: not one number"},
		"its own failure":     {divisor, "print(3)", "15", "4", sandbox.Infra, "the problem's checker failed: error: the program ended with exit status 3"},
		"an exception":        {divisor, "print('x')", "15", "3", sandbox.Infra, "the problem's checker failed: ValueError"},
		"no Python":           {python("if"), "print(1)", "", "1", sandbox.Infra, "SyntaxError"},
		"never ends":          {python("while True: pass"), "print(1)", "", "1", sandbox.Infra, "the problem's checker failed: timeout"},
		"takes all memory":    {python("x = []\nwhile True: x.append(bytearray(1 << 20))"), "print(1)", "", "1", sandbox.Infra, "failed"},
		"status 7":            {python("raise SystemExit(7)"), "print(1)", "", "1", sandbox.Infra, "exit status 7"},
		"leaves at once":      {python("import os\nos._exit(1)"), "print(1)", "", "1", sandbox.Fail, "checker: exit status 1"},
		"a candidate fails":   {python(""), "raise ValueError", "", "1", sandbox.Error, "ValueError"},
		"right by its end":    {python("pass"), "print(1)", "", "2", sandbox.Pass, ""},
		"not UTF-8":           {python("import sys\nassert open(sys.argv[2]).read() == '\\ufffd\\n'"), "import sys\nsys.stdout.buffer.write(b'\\xff\\n')", "", "1", sandbox.Pass, ""},
		"what it says itself": {divisor, "import sys\nprint('checker: ok', file=sys.stderr)\nprint('0 ok 100 points')", "15", "3", sandbox.Fail, "not one number"},
		"no answer to find": {unordered, `import glob, os, sys
print([p for p in glob.glob('/**', recursive=True) if p.endswith('.txt') or 'checker' in p], sys.argv[1:], 'answer' in str(os.environ))`,
			"", "[] [] False\n", sandbox.Pass, ""},
		"files of the program": {python("import os, sys\nsys.exit(os.path.exists('left'))"), "open('left', 'w').write('0')\nprint(1)", "", "1", sandbox.Pass, ""},
		"modules of the program": {python("import math, sys\nsys.exit(math.floor(2.5) != 2 or int('7') != 7)"),
			"import builtins, math, sys\nprint(1, flush=True)\nmath.floor = builtins.int = lambda x: 0\nbuiltins.exit = sys.exit = lambda *a: None", "", "1", sandbox.Pass, ""},
	} {
		t.Run(name, func(t *testing.T) {
			test := problem.Test{Kind: problem.Stdio, Input: c.input, Expected: c.want, Compare: c.checker}
			v, err := s.Run(t.Context(), sandbox.Pair{Solution: c.program, Test: test}, sandbox.Limits{Fuel: 5_000_000_000})
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind != c.kind || !strings.Contains(v.Detail, c.detail) {
				t.Errorf("got %v %q, want %v with %q", v.Kind, v.Detail, c.kind, c.detail)
			}
			if c.kind == sandbox.Pass && v.TestsRun != 1 {
				t.Errorf("%d tests ran", v.TestsRun)
			}
		})
	}
	if err := sandbox.CanRun(problem.Test{Kind: problem.Stdio, Compare: problem.Checker{Kind: problem.CheckUnsupported, Language: "C++"}}); err == nil || !strings.Contains(err.Error(), "C++") {
		t.Errorf("%v", err)
	}
}
