package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/sandbox"
)

// TestPackages: a run is bound to the packages that its programs could import, and
// coderm says which there are.
func TestPackages(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, in("p.jsonl"), problem.Problem{ID: "a", Question: "q", EntryPoint: "add"})
	writeInput(t, in("s.jsonl"), problem.Solution{TaskID: "a", Code: "def add(a, b): return a + b\n"},
		problem.Solution{TaskID: "a", Code: "from sympy import Integer\ndef add(a, b): return int(Integer(a) + b)\n"})
	if err := os.WriteFile(in("t.jsonl"), []byte(`{"task_id": "a", "test": "assert add(1, 2) == 3"}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	exec := func(out string) []string {
		return []string{"exec", "-q", "--problems", in("p.jsonl"), "--solutions", in("s.jsonl"), "--tests", in("t.jsonl"), "--out", in(out)}
	}
	t.Setenv(sandbox.EnvPackages, sandbox.NoPackages)
	mustRun(t, exec("without")...)
	mustRun(t, exec("without")...)
	t.Setenv(sandbox.EnvPackages, testkit.Packages(t))
	const want = "(packages: was none, now "
	if code, _, stderr := coderm(t, exec("without")...); code != exitUsage || !strings.Contains(stderr, want) {
		t.Errorf("exit code %d, %q; want %d and …%s…", code, stderr, exitUsage, want)
	}
	mustRun(t, exec("with")...)
	mustRun(t, exec("with")...)
	for _, c := range []struct{ command, want string }{{"doctor", "sympy 1.14.0"}, {"--version", "packages: SHA-256 "}} {
		if out := mustRun(t, c.command); !strings.Contains(out, c.want) {
			t.Errorf("%s says %q, want %q", c.command, out, c.want)
		}
	}
	t.Setenv(sandbox.EnvPackages, in("p.jsonl"))
	for _, args := range [][]string{{"--version"}, exec("with"), exec("new")} {
		if code, _, stderr := coderm(t, args...); code == 0 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "the packages guest "+in("p.jsonl")+" cannot be used") {
			t.Errorf("%v: exit code %d, %q", args, code, stderr)
		}
	}
}
