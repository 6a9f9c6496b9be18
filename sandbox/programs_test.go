package sandbox_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/sandbox"
)

// program is a case of testdata/programs, whose README.md describes the files.
type program struct {
	family, name, text, stdin, stdout, verdict string
}

func readPrograms(t *testing.T) []program {
	t.Helper()
	files, err := filepath.Glob("testdata/programs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no programs: %v", err)
	}
	var all []program
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		family := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for _, f := range archive.Files {
			name, verdict, isCase := strings.Cut(f.Name, ": ")
			switch {
			case isCase:
				all = append(all, program{family: family, name: family + "/" + name, text: string(f.Data), verdict: verdict})
			case f.Name == "stdin" && len(all) > 0:
				all[len(all)-1].stdin = string(f.Data)
			case f.Name == "stdout" && len(all) > 0:
				all[len(all)-1].stdout = string(f.Data)
			default:
				t.Fatalf("%s: %q is no case, stdin or stdout", file, f.Name)
			}
		}
	}
	return all
}

// TestProgramCorpus runs the programs twice: verdict, detail and fuel repeat.
func TestProgramCorpus(t *testing.T) {
	all := readPrograms(t)
	s := open(t, sandbox.Options{})
	pairs := func(yield func(sandbox.Pair) bool) {
		for i := range 2 * len(all) {
			p := all[i%len(all)]
			if !yield(sandbox.Pair{Solution: p.text, Test: problem.StdioTest(p.stdin, p.stdout)}) {
				return
			}
		}
	}
	seen := make(map[string]sandbox.Verdict)
	err := s.Pairs(t.Context(), pairs, sandbox.Limits{}, func(i int, v sandbox.Verdict) error {
		p := all[i%len(all)]
		if v.Kind.String() != p.verdict {
			t.Errorf("%s: %v (%s), want %s", p.name, v.Kind, v.Detail, p.verdict)
		}
		if first, ok := seen[p.name]; ok && (first.Kind != v.Kind || first.Detail != v.Detail || first.Fuel != v.Fuel) {
			t.Errorf("%s: two runs differ:\n%+v\n%+v", p.name, first, v)
		}
		seen[p.name] = v
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestProgramsNatively holds the corpus against CPython itself.
func TestProgramsNatively(t *testing.T) {
	if testing.Short() {
		testkit.Skip(t, testkit.Short)
	}
	python := testkit.Python(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "solution.py")
	for _, p := range readPrograms(t) {
		if p.family == "time" || p.family == "threads-here" {
			continue
		}
		if err := os.WriteFile(file, []byte(p.text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, file)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PYTHONUNBUFFERED=")
		cmd.Stdin = strings.NewReader(p.stdin)
		out, err := cmd.Output()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if got := verdictOf(err == nil, out, p.stdout); got != p.verdict {
			t.Errorf("%s: natively %s (%v, %q), the file says %s", p.name, got, err, out, p.verdict)
		}
	}
}

// verdictOf is the rule of docs/sandbox.md for outputs.
func verdictOf(ok bool, got []byte, want string) string {
	switch {
	case !ok:
		return "error"
	case !bytes.Equal(trimmed(got), trimmed([]byte(want))):
		return "fail"
	}
	return "pass"
}

// trimmed drops blanks at the ends of lines and empty lines at the end.
func trimmed(text []byte) []byte {
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimRight(line, " \t\r")
	}
	return bytes.TrimRight(bytes.Join(lines, []byte("\n")), "\n")
}
