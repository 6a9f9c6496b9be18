package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"coderm/problem"
)

// newSandbox is a sandbox for the length of a test.
func newSandbox(t testing.TB, o Options) *Sandbox {
	t.Helper()
	s, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// classesCase is a pair of such a folder with its native verdict.
type classesCase struct {
	name string // file/pair, of a wrong solution file/pair/wrong
	pair Pair
	want string
}

// readClasses reads the archives of a folder, as the README.md of testdata/classes
// describes them.
func readClasses(t *testing.T, folder string) []classesCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var cases []classesCase
	seen := map[string]bool{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		theme := strings.TrimSuffix(filepath.Base(file), ".txtar")
		var right classesCase
		for i, part := range archive.Files {
			name, want, _ := strings.Cut(part.Name, ": ")
			var c classesCase
			switch {
			case name == "test":
				continue
			case strings.HasPrefix(name, "wrong"):
				c = right
				c.name, c.want = right.name+"/"+name, want
				if c.pair.Solution, err = replaced(right.pair.Solution, string(part.Data)); err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
			default:
				if i+1 == len(archive.Files) || archive.Files[i+1].Name != "test" {
					t.Fatalf("%s: %s has no test", file, name)
				}
				c = classesCase{theme + "/" + name, Pair{Solution: string(part.Data), Test: problem.PythonTest(string(archive.Files[i+1].Data))}, want}
				right = c
			}
			if seen[c.name] || (c.want == "pass") == (c.name != right.name) {
				t.Fatalf("%s: there already, or %q natively", c.name, c.want)
			}
			seen[c.name] = true
			cases = append(cases, c)
		}
	}
	return cases
}

// replaced is the solution with the lines of edit: those that start with - give
// way to those with + after them.
func replaced(solution, edit string) (string, error) {
	var old, fresh strings.Builder
	flush := func() error {
		if n := strings.Count(solution, old.String()); n != 1 {
			return fmt.Errorf("%q is %d times in the solution", old.String(), n)
		}
		solution = strings.Replace(solution, old.String(), fresh.String(), 1)
		old.Reset()
		fresh.Reset()
		return nil
	}
	inserting := false
	for line := range strings.Lines(edit) {
		switch line[0] {
		case '-':
			if inserting {
				if err := flush(); err != nil {
					return "", err
				}
			}
			inserting = false
			old.WriteString(line[1:])
		case '+':
			inserting = true
			fresh.WriteString(line[1:])
		default:
			return "", fmt.Errorf("%q is neither replaced nor put in", line)
		}
	}
	return solution, flush()
}

// readDifferences reads lines of a case, a verdict and a reason, and gives the
// verdicts by case.
func readDifferences(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 {
			t.Fatalf("%s: %q has no case, verdict and reason", file, line)
		}
		verdicts[fields[0]] = fields[1]
	}
	return verdicts
}

// checkClasses compares the verdicts with the native ones, but for the differences
// that the folder lists. One that is gone must leave the list.
func checkClasses(t *testing.T, cases []classesCase, folder string, see func(c classesCase, v Verdict)) {
	t.Helper()
	different := readDifferences(t, filepath.Join(folder, "differences.txt"))
	pairs := func(yield func(Pair) bool) {
		for _, c := range cases {
			if !yield(c.pair) {
				return
			}
		}
	}
	err := newSandbox(t, Options{Workers: 2}).Pairs(t.Context(), pairs, Limits{Fuel: 4e9}, func(k int, v Verdict) error {
		c := cases[k]
		see(c, v)
		want := c.want
		if listed, ok := different[c.name]; ok {
			want = listed
			delete(different, c.name)
			if listed == c.want {
				t.Errorf("%s is listed as different, and is not", c.name)
			}
		}
		if v.Kind.String() != want {
			t.Errorf("%s: %v (%s), want %s", c.name, v.Kind, v.Detail, want)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range different {
		t.Errorf("%s is listed as different, and there is no such pair", name)
	}
}

// TestClasses: the verdicts of native CPython.
func TestClasses(t *testing.T) {
	const folder = "testdata/classes"
	cases := readClasses(t, folder)
	if len(cases) < 500 {
		t.Fatalf("the corpus has %d pairs, want 500 or more", len(cases))
	}
	checkClasses(t, cases, folder, func(classesCase, Verdict) {})
}
