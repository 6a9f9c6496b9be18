package sandbox

import (
	"coderm/problem"

	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// hostileCase is a pair of a corpus such as testdata/hostile, whose README.md
// describes the files.
type hostileCase struct {
	name    string // family/name
	pair    Pair
	allowed []string
}

// hostileLimits are small, so that endless programs end soon. Fuel decides about
// every one of them, never the clock.
var hostileLimits = Limits{Fuel: 1_000_000_000, Memory: 256 << 20, Output: 1 << 20}

// canaries run after every hostile pair: one must pass, one fail, with the same
// fuel and counts each time.
var canaries = []Pair{
	{Solution: "def f(n):\n    return n * n\n", Test: problem.PythonTest("import unittest\nclass TestF(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(f(3), 9)\n")},
	{Solution: "def f(n):\n    return 0\n", Test: problem.PythonTest("import os, math\nassert not os.path.exists('/tmp/left') and math.sqrt(4) == 2\nprint('x')\nassert f(3) == 9\n")},
}

var canaryKinds = []Kind{Pass, Fail}

func readHostile(t *testing.T, folder string) []hostileCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var all []hostileCase
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		family := strings.TrimSuffix(filepath.Base(file), ".txtar")
		var solution, test string
		var cases []hostileCase
		for _, f := range archive.Files {
			name, verdicts, isCase := strings.Cut(f.Name, ":")
			switch {
			case isCase:
				text := string(f.Data)
				if text == "" && solution != "" {
					text = solution
				}
				cases = append(cases, hostileCase{family + "/" + name, Pair{Solution: text, Test: problem.PythonTest(test)}, strings.Fields(verdicts)})
			case f.Name == "default solution":
				solution = string(f.Data)
			case f.Name == "default test":
				test = string(f.Data)
			case f.Name == "test" && len(cases) > 0:
				cases[len(cases)-1].pair.Test = problem.PythonTest(string(f.Data))
			default:
				t.Fatalf("%s: %q is no case, test or default", file, f.Name)
			}
		}
		all = append(all, cases...)
	}
	return all
}

// largeSources are cases too large to be written down.
func largeSources() []hostileCase {
	const honest = "def f(n):\n    return n * n\n"
	text := strings.Repeat("# padding padding padding padding\n", 2<<20/34)
	brackets := strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000)
	call := "assert f(2) == 4\n"
	return []hostileCase{
		{"large/2-MB-of-comments", Pair{Solution: honest + text, Test: problem.PythonTest(call)}, []string{"pass"}},
		{"large/2-MB-of-comments-in-test", Pair{Solution: honest, Test: problem.PythonTest(call + text)}, []string{"pass"}},
		{"large/2-MB-string", Pair{Solution: honest + "s = '" + strings.Repeat("x", 2<<20) + "'\n", Test: problem.PythonTest(call)}, []string{"pass"}},
		{"large/2-MB-of-statements", Pair{Solution: honest + strings.Repeat("x = 1\n", 2<<20/6), Test: problem.PythonTest(call)}, []string{"pass", "memory", "error", "timeout"}},
		{"large/100000-brackets", Pair{Solution: honest + "x = " + brackets, Test: problem.PythonTest(call)}, []string{"error"}},
		{"large/100000-brackets-in-test", Pair{Solution: honest, Test: problem.PythonTest("assert " + brackets)}, []string{"error"}},
		{"large/100000-minus-signs", Pair{Solution: honest + "x = " + strings.Repeat("-", 100_000) + "1", Test: problem.PythonTest(call)}, []string{"error"}},
		{"large/100000-attributes", Pair{Solution: honest + "x = f" + strings.Repeat(".a", 100_000), Test: problem.PythonTest(call)}, []string{"error"}},
		{"large/100000-operators", Pair{Solution: honest + "x = 1" + strings.Repeat("+1", 100_000), Test: problem.PythonTest(call)}, []string{"error", "pass"}},
		{"large/5000-nested-ifs", Pair{Solution: honest + nested("if 1:", 5000), Test: problem.PythonTest(call)}, []string{"error"}},
		{"large/90-nested-functions", Pair{Solution: honest + nested("def g():", 90), Test: problem.PythonTest(call)}, []string{"error", "pass"}},
		{"large/100000-elifs", Pair{Solution: honest + "if 0: pass\n" + strings.Repeat("elif 0: pass\n", 100_000), Test: problem.PythonTest(call)}, []string{"error", "pass", "timeout"}},
		{"large/huge-number", Pair{Solution: honest + "x = " + strings.Repeat("9", 1<<20), Test: problem.PythonTest(call)}, []string{"error"}},
		{"large/deep-fstring", Pair{Solution: honest + "x = f'" + strings.Repeat("{", 10_000) + "'", Test: problem.PythonTest(call)}, []string{"error", "pass"}},
		{"large/null-bytes", Pair{Solution: honest + "\x00", Test: problem.PythonTest(call)}, []string{"error"}},
		{"large/invalid-utf8", Pair{Solution: honest + "# \xff\xfe", Test: problem.PythonTest(call)}, []string{"error", "pass"}},
		{"large/one-line-of-1-MB", Pair{Solution: honest + strings.Repeat("x=1;", 1<<18), Test: problem.PythonTest(call)}, []string{"pass", "memory", "error", "timeout"}},
	}
}

// nested opens a block depth levels deep.
func nested(open string, depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%s%s\n", strings.Repeat(" ", i), open)
	}
	fmt.Fprintf(&b, "%spass\n", strings.Repeat(" ", depth))
	return b.String()
}

func TestHostileCorpus(t *testing.T) {
	cases := append(readHostile(t, "testdata/hostile"), largeSources()...)
	if len(cases) < 150 {
		t.Fatalf("the corpus has %d cases, want 150 or more", len(cases))
	}
	rounds, workers := 3, []int{1, 4}
	if testing.Short() {
		rounds, workers = 1, workers[1:]
	}
	first := make([]*Verdict, len(cases)) // of the first round: the others must repeat it
	var canary [2]*Verdict
	for _, n := range workers {
		s := newSandbox(t, Options{Workers: n})
		for round := range rounds {
			order := rand.New(rand.NewPCG(uint64(n), uint64(round))).Perm(len(cases))
			pairs := func(yield func(Pair) bool) {
				for _, i := range order {
					for _, p := range []Pair{cases[i].pair, canaries[0], canaries[1]} {
						if !yield(p) {
							return
						}
					}
				}
			}
			err := s.Pairs(t.Context(), pairs, hostileLimits, func(k int, v Verdict) error {
				i, which := order[k/3], k%3
				if which > 0 {
					checkSame(t, fmt.Sprintf("canary %d after %s", which, cases[i].name), &canary[which-1], v)
					if v.Kind != canaryKinds[which-1] {
						t.Errorf("canary after %s: %v (%s)", cases[i].name, v.Kind, v.Detail)
					}
					return nil
				}
				if !slices.Contains(cases[i].allowed, v.Kind.String()) {
					t.Errorf("%s: %v (%s), want %v", cases[i].name, v.Kind, v.Detail, cases[i].allowed)
				}
				if v.Kind != Pass && v.Detail == "" {
					t.Errorf("%s: %v without a detail", cases[i].name, v.Kind)
				}
				if strings.ContainsAny(v.Detail, "\n\r\x1b") || len(v.Detail) > 2000 {
					t.Errorf("%s: detail is not one short line: %q", cases[i].name, v.Detail)
				}
				checkSame(t, cases[i].name, &first[i], v)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// checkSame fails when a verdict differs from the first one of the same pair.
func checkSame(t *testing.T, name string, first **Verdict, v Verdict) {
	t.Helper()
	if *first == nil {
		*first = &v
		return
	}
	f := **first
	if f.Kind != v.Kind || f.TestsRun != v.TestsRun || f.Failures != v.Failures || f.Errors != v.Errors || f.Fuel != v.Fuel || f.Detail != v.Detail {
		t.Errorf("%s: verdicts differ:\n%+v\n%+v", name, f, v)
	}
}

// TestNotInTheSandbox: what cannot work says so.
func TestNotInTheSandbox(t *testing.T) {
	s, err := New(t.Context(), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range readHostile(t, "testdata/hostile") {
		family, _, _ := strings.Cut(c.name, "/")
		if (family != "network" && family != "processes") || slices.Contains(c.allowed, "pass") || strings.HasSuffix(c.name, "deadlock") {
			continue
		}
		v, err := s.Run(t.Context(), c.pair, hostileLimits)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(v.Detail, "not in the sandbox") {
			t.Errorf("%s: %v: %q does not say that it is not in the sandbox", c.name, v.Kind, v.Detail)
		}
	}
}

// documentedImports reads the table of imports from docs/sandbox.md.
func documentedImports(t *testing.T) []string {
	f, err := os.Open("../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "## What the guest imports")
	if !found {
		t.Fatal("docs/sandbox.md has no section \"What the guest imports\"")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var names []string
	for _, line := range strings.Split(section, "\n") {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			names = append(names, name)
		}
	}
	return names
}

// TestGuestImports: the module asks for what the document lists, and nothing else.
func TestGuestImports(t *testing.T) {
	got, err := guestImports()
	if err != nil {
		t.Fatal(err)
	}
	want := documentedImports(t)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the guest imports %q, docs/sandbox.md lists %q", got, want)
	}
}

// guestImports reads the import section of the guest (WebAssembly core
// specification, section 5.5.5): module, name, kind and type of each entry.
func guestImports() ([]string, error) {
	wasm, err := guestWasm()
	if err != nil {
		return nil, err
	}
	var names []string
	for rest := wasm[8:]; len(rest) > 0; {
		id := rest[0]
		r := reader{b: rest[1:]}
		body := reader{b: r.bytes(r.uvarint())}
		if r.bad {
			return nil, fmt.Errorf("section %d is cut short", id)
		}
		rest = r.b
		if id != 2 {
			continue
		}
		for range body.uvarint() {
			module, name := string(body.bytes(body.uvarint())), string(body.bytes(body.uvarint()))
			names = append(names, module+"."+name)
			if kind := body.bytes(1); len(kind) != 1 || kind[0] != 0 {
				return nil, fmt.Errorf("%s.%s is no function", module, name)
			}
			body.uvarint() // its type
		}
	}
	return names, nil
}
