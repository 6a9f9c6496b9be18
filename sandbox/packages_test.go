package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"coderm/internal/testkit"
	"coderm/problem"
)

// withPackages is a sandbox with the packages guest.
func withPackages(t testing.TB, o Options) *Sandbox {
	t.Helper()
	o.Packages = testkit.Packages(t)
	return newSandbox(t, o)
}

// TestPackagePrograms runs the corpus in testdata/packages, whose README.md describes
// the files.
func TestPackagePrograms(t *testing.T) {
	files, err := filepath.Glob("testdata/packages/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	s := withPackages(t, Options{Workers: 2})
	known := readDifferences(t, "testdata/packages/differences.txt")
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		theme := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for i := 0; i+1 < len(archive.Files); i += 2 {
			program, want := archive.Files[i], archive.Files[i+1]
			if want.Name != "want" {
				t.Fatalf("%s: %s has no output", file, program.Name)
			}
			name := theme + "/" + program.Name
			t.Run(name, func(t *testing.T) {
				p, err := s.Compile(t.Context(), string(program.Data), Limits{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := s.Execute(t.Context(), p, Input{}, Limits{}, 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				diff := cmp.Diff(strings.TrimRight(string(want.Data), "\n"), strings.TrimRight(string(got.Stdout), "\n"))
				same := got.Verdict.Kind == Pass && diff == ""
				kind, listed := known[name]
				delete(known, name)
				if !same && kind != got.Verdict.Kind.String() {
					t.Errorf("%v (%s): %s%.1000s", got.Verdict.Kind, got.Verdict.Detail, diff, got.Stderr)
				}
				if same && listed {
					t.Error("is as natively, and listed as different")
				}
				if got.Verdict.Fuel > MatrixLimits().Fuel {
					t.Logf("fuel %d, more than a pair of a matrix may have", got.Verdict.Fuel)
				}
			})
		}
	}
	for name := range known {
		t.Errorf("%s is listed as different, and is not there", name)
	}
}

// TestPackagesChangeNoVerdict runs pairs that import no package in both guests.
func TestPackagesChangeNoVerdict(t *testing.T) {
	s := withPackages(t, Options{Workers: 2})
	var pairs []Pair
	for _, c := range readClasses(t, "testdata/classes") {
		if len(pairs) < 120 {
			pairs = append(pairs, c.pair)
		}
	}
	run := func(add string) (all []Verdict) {
		err := s.Pairs(t.Context(), func(yield func(Pair) bool) {
			for _, p := range pairs {
				p.Solution += add
				if !yield(p) {
					return
				}
			}
		}, Limits{}, func(_ int, v Verdict) error {
			all = append(all, v)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	plain := run("\n# no package\n")
	if s.packages.open != nil {
		t.Fatal("the packages guest was opened for pairs that import none")
	}
	packaged := run("\n# import sympy\n")
	if s.packages.open == nil {
		t.Fatal("no pair ran with packages")
	}
	addresses := regexp.MustCompile(`0x[0-9a-f]+`) // of objects, in details
	for k := range pairs {
		for _, v := range []*Verdict{&plain[k], &packaged[k]} {
			v.Detail = addresses.ReplaceAllString(v.Detail, "0x0")
		}
		if d := cmp.Diff(plain[k], packaged[k], cmpopts.IgnoreFields(Verdict{}, "Fuel")); d != "" {
			t.Errorf("pair %d: %s", k, d)
		}
	}
}

// TestPackagesRoom holds what pairs have of memory in both guests against each other:
// INITIAL_MEMORY in scripts/build-packages.sh says what the packages guest starts with.
func TestPackagesRoom(t *testing.T) {
	s := withPackages(t, Options{Workers: 1})
	const biggest = `
n, x = 1 << 20, []
while True:
    try:
        x.append(bytes(n))
    except MemoryError:
        if n < 4096:
            break
        n //= 2
total = sum(map(len, x))
x = None
print(total)
`
	room := func(add string, lim Limits) int {
		p, err := s.Compile(t.Context(), biggest+add, lim)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Execute(t.Context(), p, Input{}, lim, 100)
		if err != nil || got.Verdict.Kind != Pass {
			t.Fatalf("%v, %v: %s", err, got.Verdict, got.Stderr)
		}
		n := 0
		for _, d := range bytes.TrimSpace(got.Stdout) {
			n = 10*n + int(d-'0')
		}
		return n
	}
	for _, mib := range []int64{128, 512} {
		lim := Limits{Memory: mib << 20}
		plain, packaged := room("", lim), room("# import sympy", lim)
		t.Logf("limit %d MiB: room for %.1f MiB in the library's guest, %.1f with packages", mib, float64(plain)/(1<<20), float64(packaged)/(1<<20))
		if d := plain - packaged; d < -3<<20 || d > 3<<20 {
			t.Errorf("with a limit of %d MiB a pair has %d bytes, %d with packages", mib, plain, packaged)
		}
	}
}

// TestPackagesMatrix: each cell runs with packages if its solution or its test mentions
// one, whatever the others do.
func TestPackagesMatrix(t *testing.T) {
	s := withPackages(t, Options{Workers: 2})
	solutions := []string{
		"def f(n):\n    return n + 1",
		"from sympy import Integer\ndef f(n):\n    return int(Integer(n) + 1)",
		"def f(n):\n    return __import__('sym' + 'py').Integer(n) + 1", // hidden from the scan
	}
	tests := problem.PythonTests([]string{
		"assert f(1) == 2",
		"import sympy\nassert f(1) == sympy.Integer(4) / 2 or f(1) == 2",
		"from sortedcontainers import SortedList\nassert SortedList([f(2), f(1)])[0] == 2",
	})
	want := [][]Kind{{Pass, Pass, Pass}, {Pass, Pass, Pass}, {Error, Pass, Pass}}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}} {
		var list []string
		for _, i := range order {
			list = append(list, solutions[i])
		}
		err := s.Matrix(t.Context(), list, tests, Limits{}, func(i, j int, v Verdict) error {
			if v.Kind != want[order[i]][j] {
				t.Errorf("solution %d, test %d: %v (%s), want %v", order[i], j, v.Kind, v.Detail, want[order[i]][j])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestPackagesObserved: calls, whole programs and checkers go by the same rule.
func TestPackagesObserved(t *testing.T) {
	s := withPackages(t, Options{Workers: 2})
	rows, _, err := s.Observe(t.Context(), []string{"def f(n):\n    return n", "import mpmath\ndef f(n):\n    return int(mpmath.mpf(n))"},
		[]string{"f(3)", "f(__import__('mpmath').mpf(3) == 3)"}, MatrixLimits())
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"3", "3"} {
		if rows[i][0].Text != text || rows[i][0].Ending != problem.Returned || rows[i][0].Digest != rows[0][0].Digest || rows[i][1].Ending != problem.Returned {
			t.Errorf("solution %d: %+v", i, rows[i])
		}
	}
	// What returns the same value by another way is observed as the same.
	const sums = "import sympy\nx = sympy.Symbol('x')\ndef f(n):\n    return [%s]"
	rows, _, err = s.Observe(t.Context(), []string{
		fmt.Sprintf(sums, "n + 1, 0.5, x + 1, sympy.Matrix([[x, 2]])"), fmt.Sprintf(sums, "sympy.Integer(n) + 1, sympy.Rational(1, 2), 1 + x, sympy.Matrix(1, 2, [x, 2])"),
		fmt.Sprintf(sums, "n + 1, 0.5, x + 2, sympy.Matrix([[x, 2]])"),
	}, []string{"f(3)"}, MatrixLimits())
	if err != nil || rows[0][0].Ending != problem.Returned || rows[0][0].Digest != rows[1][0].Digest || rows[0][0].Digest == rows[2][0].Digest {
		t.Errorf("%+v, %v", rows, err)
	}
	out, err := s.Outputs(t.Context(), []string{"print(1)", "import bz2\nprint(bz2.decompress(bz2.compress(b'1')).decode())"}, []string{""}, problem.Checker{}, MatrixLimits())
	if err != nil || out.Rows[0][0].Digest != out.Rows[1][0].Digest || out.Rows[0][0].Ending != problem.Returned {
		t.Errorf("%+v, %v", out, err)
	}
	test := problem.StdioTest("", "4")
	test.Compare = problem.Checker{Kind: problem.CheckPython, Source: "import sys\nfrom sympy import sympify\na, b = (sympify(open(p).read()) for p in sys.argv[2:4])\nsys.exit(0 if a == b else 1)\n"}
	for program, want := range map[string]Kind{"print('2+2')": Pass, "print('2+3')": Fail} {
		v, err := s.Run(t.Context(), Pair{Solution: program, Test: test}, Limits{})
		if err != nil || v.Kind != want {
			t.Errorf("%s: %v, %v", program, v, err)
		}
	}
	made, err := s.CallsOf(t.Context(), []string{"import sympy\ndef f(n):\n    return n"}, problem.PythonTests([]string{"assert f(5) == 5"}), "f", Limits{})
	if err != nil || len(made) != 1 || len(made[0]) != 1 || made[0][0].Call != "f(5)" {
		t.Errorf("%v, %v", made, err)
	}
}

// TestSyntaxNeedsNoPackages: what is only compiled does not open the packages guest.
func TestSyntaxNeedsNoPackages(t *testing.T) {
	s := withPackages(t, Options{Workers: 1})
	valid, err := s.Compiles(t.Context(), []string{"import sympy", "import ("})
	if err != nil || !valid[0] || valid[1] {
		t.Errorf("%v, %v", valid, err)
	}
	if _, _, err := s.Mutants(t.Context(), "import sympy\ndef f(a):\n    return a + 1", 1, 1); err != nil {
		t.Error(err)
	}
	if s.packages.open != nil {
		t.Error("the packages guest was opened")
	}
}

// TestFindPackages: where it is found, and what is said of one that is no good.
func TestFindPackages(t *testing.T) {
	whole, err := os.ReadFile(testkit.Packages(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	t.Setenv("XDG_DATA_HOME", dir)
	place := filepath.Join(dir, "coderm", packagesFile)
	write := func(data []byte) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(place), 0o755), os.WriteFile(place, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := FindPackages(""); p != nil || err != nil {
		t.Errorf("%v, %v where there is none", p, err)
	}
	if _, err := FindPackages(place); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v for a file that was named and is not there", err)
	}
	write(whole)
	p, err := FindPackages("")
	if err != nil || p.Path != place || len(p.Digest) != 64 || p.Python != PythonVersion || !strings.Contains(p.String(), "sympy 1.14.0") {
		t.Fatalf("%+v, %v", p, err)
	}
	t.Setenv(EnvPackages, NoPackages)
	if p, err := FindPackages(""); p != nil || err != nil {
		t.Errorf("%v, %v where they are not wanted", p, err)
	}
	t.Setenv(EnvPackages, place)
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("no archive"), "cut": whole[:1000]} {
		write(data)
		if _, err := New(t.Context(), Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), place) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(whole[:len(whole)/2]) // its description is whole
	s := newSandbox(t, Options{Workers: 1, CacheDir: t.TempDir()})
	for range 2 {
		if _, err := s.Run(t.Context(), Pair{Solution: "import sympy", Test: problem.PythonTest("assert 1")}, Limits{}); err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("%v for half a file", err)
		}
	}
	if v, err := s.Run(t.Context(), Pair{Solution: "x = 1", Test: problem.PythonTest("assert x == 1")}, Limits{}); err != nil || v.Kind != Pass {
		t.Errorf("%v, %v", v, err)
	}
}

// TestPackageForgeries: what wrong solutions may do by way of packages that the test uses.
func TestPackageForgeries(t *testing.T) {
	s := withPackages(t, Options{Workers: 2})
	const sums = "import sympy\nx = sympy.Symbol('x')\n"
	for name, c := range map[string]struct{ solution, test string }{
		"equal to all":        {"class A:\n    def __eq__(s, o): return True\n    __hash__ = None\ndef f(x): return A()", sums + "assert f(x) == x + 1"},
		"library's equality":  {sums + "sympy.Basic.__eq__ = lambda s, o: True\nsympy.Expr.__eq__ = lambda s, o: True\nsympy.Symbol.__eq__ = lambda s, o: True\ndef f(y): return x", sums + "assert f(x) == x + 1"},
		"own class":           {"import sympy\nclass A(sympy.Symbol):\n    def __eq__(s, o): return True\n    def __ne__(s, o): return False\n    __hash__ = sympy.Symbol.__hash__\ndef f(x): return A('q')", sums + "assert f(x) == x + 1"},
		"difference of zero":  {"class A:\n    def __sub__(s, o): return 0\n    __rsub__ = __sub__\ndef f(x): return A()", sums + "assert sympy.simplify(f(x) - (x + 1)) == 0"},
		"made of what it saw": {"import sympy\nclass B:\n    def _sympy_(s): return sympy.Integer(0)\nclass A:\n    def __sub__(s, o): return B()\ndef f(x): return A()", sums + "assert sympy.simplify(f(x) - (x + 1)) == 0"},
		"names to evaluate":   {"class A:\n    def __str__(s): return \"__import__('builtins').exit()\"\n    __repr__ = __str__\ndef f(x): return A()", sums + "assert sympy.sympify(f(x)) == x + 1"},
		"says what it is":     {"import sympy\nclass A:\n    __class__ = sympy.Integer\n    def __eq__(s, o): return True\ndef f(x): return A()", sums + "r = f(x)\nassert isinstance(r, sympy.Integer) and r == 7"},
		"number of another":   {"class A:\n    def __float__(s): return 1.0\n    def __eq__(s, o): return True\n    def __sub__(s, o): return 0.0\n    __rsub__ = __sub__\n    def __abs__(s): return 0.0\ndef f(x): return A()", "import mpmath\nassert abs(f(1) - mpmath.mpf(3)) < 1e-9"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := s.Run(t.Context(), Pair{Solution: c.solution, Test: problem.PythonTest(c.test)}, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if v.Kind == Pass {
				t.Error("it passes")
			}
			t.Logf("%v (%s)", v.Kind, v.Detail)
		})
	}
}
