package sandbox

import (
	"os"
	"slices"
	"strings"
	"testing"

	"coderm/problem"
)

// TestPytest: the verdicts of real pytest on tests in its style, and of the right
// pairs its cases by the names that it gives them.
func TestPytest(t *testing.T) {
	const folder = "testdata/pytest"
	cases := readClasses(t, folder)
	if len(cases) < 120 {
		t.Fatalf("the corpus has %d pairs, want 120 or more", len(cases))
	}
	methods := readCases(t, folder+"/cases.txt")
	checkClasses(t, cases, folder, func(c classesCase, v Verdict) {
		want, ok := methods[c.name]
		if !ok {
			return
		}
		var got []string
		for _, m := range v.Methods {
			got = append(got, m.Kind.String()+" "+m.Name)
		}
		slices.Sort(got)
		if len(want) > 1 && !slices.Equal(got, want) { // of a single one the record says nothing
			t.Errorf("%s has the cases %q, want %q", c.name, got, want)
		}
	})
}

// readCases reads what record.py has written: a pair, and below it a line for each
// case, with its outcome.
func readCases(t *testing.T, file string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][]string{}
	name := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if c, ok := strings.CutPrefix(line, "    "); ok {
			cases[name] = append(cases[name], c)
		} else {
			name = line
			cases[name] = nil
		}
	}
	for _, c := range cases {
		slices.Sort(c)
	}
	return cases
}

// TestPytestAbsent: what of pytest is not in the sandbox says so, and what pytest
// itself refuses is an error.
func TestPytestAbsent(t *testing.T) {
	const solution = "def f():\n    return 1\n"
	tests := []struct{ test, want string }{
		{"import pytest\ndef test_a(tmpdir):\n    assert f() == 1\n", "pytest's fixture tmpdir is not in the sandbox"},
		{"from pytest import RaisesGroup\ndef test_a():\n    assert f() == 1\n", "pytest's RaisesGroup is not in the sandbox"},
		{"import pytest\n@pytest.mark.filterwarnings('error')\ndef test_a():\n    assert f() == 1\n", "pytest's mark.filterwarnings is not in the sandbox"},
		{"import pytest\ndef test_a(request):\n    assert request.config\n", "pytest's request.config is not in the sandbox"},
		{"import pytest_mock\ndef test_a():\n    assert f() == 1\n", "No module named 'pytest_mock': not in the sandbox"},
		{"import pytest\ndef test_a(mocker):\n    assert f() == 1\n", "fixture 'mocker' not found"},
		{"import pytest\n@pytest.mark.parametrize('a,b', [(1, 2, 3)])\ndef test_a(a, b):\n    assert f() == 1\n", "the number of names (2)"},
		{"import pytest\n@pytest.mark.parametrize('z', [1])\ndef test_a():\n    assert f() == 1\n", "function uses no argument 'z'"},
		{"import pytest\n@pytest.fixture\ndef x():\n    return 1\ndef test_a():\n    assert x() == f()\n", "Fixtures are not meant to be called directly"},
		{"import pytest\n@pytest.mark.skip\ndef test_a():\n    assert f() == 1\n", NoTestRan},
		{"import pytest\ndef test_a():\n    pytest.skip('later')\n", "Skipped: later"},
	}
	s := newSandbox(t, Options{Workers: 1})
	for _, c := range tests {
		v, err := s.Run(t.Context(), Pair{Solution: solution, Test: problem.PythonTest(c.test)}, Limits{Fuel: 4e9})
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind == Pass || !strings.Contains(v.Detail, c.want) {
			t.Errorf("%s\n%v (%s), want %s", c.test, v.Kind, v.Detail, c.want)
		}
	}
}

// TestPytestIsTheTests: a solution that imports pytest does not load, as where none
// is installed.
func TestPytestIsTheTests(t *testing.T) {
	s := newSandbox(t, Options{Workers: 1})
	for _, solution := range []string{"import pytest\ndef f():\n    return 1\n", "def f():\n    import pytest\n    return 1\n", "from _pytest.cases import plan\ndef f():\n    return 1\n"} {
		v, err := s.Run(t.Context(), Pair{Solution: solution, Test: problem.PythonTest("import pytest\ndef test_a():\n    assert f() == 1\n")}, Limits{Fuel: 4e9})
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind != Error || !strings.Contains(v.Detail, "not in the sandbox") {
			t.Errorf("%s\n%v (%s)", solution, v.Kind, v.Detail)
		}
	}
}
