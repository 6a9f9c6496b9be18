package sandbox

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestExecute: what programs print, how they end, and that files are there.
func TestExecute(t *testing.T) {
	s := newSandbox(t, Options{Workers: 2})
	quick := Limits{Fuel: 1e9, Output: 4096}
	for _, c := range []struct {
		name, code     string
		in             Input
		kind           Kind
		exit           int
		stdout, stderr string // the latter is a part
	}{
		{name: "echo", code: "import sys\nprint(input())\nprint('oops', file=sys.stderr)", in: Input{Stdin: "héllo\n"}, kind: Pass, stdout: "héllo\n", stderr: "oops\n"},
		{name: "no input", code: "input()", kind: Error, exit: 1, stderr: "EOFError"},
		{name: "traceback", code: "print(1)\ndef f():\n    raise ValueError('no')\nf()", kind: Error, exit: 1, stdout: "1\n", stderr: "Traceback (most recent call last):\n  File \"/solution.py\", line 4, in <module>\n    f()\n"},
		{name: "assertion", code: "assert 1 == 2, 'odd'", kind: Error, exit: 1, stderr: "AssertionError: odd\n"},
		{name: "exit", code: "import sys\nsys.stdout.write('x')\nsys.exit(7)", kind: Error, exit: 7, stdout: "x"},
		{name: "exit with words", code: "import sys; sys.exit('bye')", kind: Error, exit: 1, stderr: "bye\n"},
		{name: "os._exit", code: "import os; print(1, flush=True); os._exit(3)", kind: Error, exit: 3, stdout: "1\n"},
		{name: "syntax", code: "def f(:", kind: Error, exit: 1, stderr: "SyntaxError"},
		{name: "endless", code: "print('on', flush=True)\nwhile True: pass", kind: Timeout, exit: -1, stdout: "on\n"},
		{name: "memory", code: "x = 'a' * (1 << 30)", kind: Memory, exit: 1, stderr: "MemoryError"},
		{name: "chatty", code: "while True: print('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa')", kind: Error, exit: -1, stdout: strings.Repeat("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n", 100)[:1000]},
		{name: "files", code: "import os\nprint(open('data/in.txt').read(), open('/b').read(), sorted(os.listdir('data')))\nopen('data/in.txt', 'a').write('!')\nprint(open('data/in.txt').read())",
			in:   Input{Files: map[string][]byte{"data/in.txt": []byte("one"), "b": nil, "data/deep/c": []byte("c")}},
			kind: Pass, stdout: "one  ['deep', 'in.txt']\none!\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := s.Compile(t.Context(), c.code, quick)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // nothing is left of the first
				got, err := s.Execute(t.Context(), p, c.in, quick, 1000)
				if err != nil {
					t.Fatal(err)
				}
				if got.Verdict.Kind != c.kind || got.Exit != c.exit || string(got.Stdout) != c.stdout || !strings.Contains(string(got.Stderr), c.stderr) || c.stderr == "" && len(got.Stderr) > 0 {
					t.Errorf("%v (%s), exit status %d, printed %q and %q", got.Verdict.Kind, got.Verdict.Detail, got.Exit, got.Stdout, got.Stderr)
				}
				if got.Cut != (c.name == "chatty") {
					t.Errorf("cut: %v", got.Cut)
				}
			}
		})
	}
}

func TestExecuteRefuses(t *testing.T) {
	s := newSandbox(t, Options{Workers: 2})
	p, err := s.Compile(t.Context(), "print(1)", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "/", "a/", "..", "a/../../b", "lib/os.py", "/dev/null", "solution.py", "a\x00b", strings.Repeat("a", 2000)} {
		if _, err := s.Execute(t.Context(), p, Input{Files: map[string][]byte{name: nil}}, Limits{}, 100); err == nil {
			t.Errorf("a file named %.20q was taken", name)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	endless, err := s.Compile(t.Context(), "while True: pass", Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Execute(ctx, endless, Input{}, Limits{}, 100); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline's end", err)
	}
}

// BenchmarkExecute is a small program whose text is compiled once, beside one that
// is a pair of its own.
func BenchmarkExecute(b *testing.B) {
	s := newSandbox(b, Options{})
	p, err := s.Compile(b.Context(), "print(sum(map(int, input().split())))", Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			got, err := s.Execute(b.Context(), p, Input{Stdin: "1 2 3\n"}, Limits{}, 1000)
			if err != nil || string(got.Stdout) != "6\n" {
				b.Fatalf("%v, %q", err, got.Stdout)
			}
		}
	})
}
