package public

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
)

func TestTests(t *testing.T) {
	for _, tt := range []struct{ name, question, want string }{
		{"doctest", "def f(x):\n    \"\"\" Double.\n    >>> f(2)\n    4\n    >>> f([1, 'a'])\n    [1, 'a', 1, 'a']\n    \"\"\"\n", "f(2) == 4\nf([1, 'a']) == [1, 'a', 1, 'a']"},
		{"arrows", "f(1) => 2\nf(2) ==> 3\nf(3)➞4\nf(4) -> 5\nf(5) = 6\nf(6) → 7", "f(1) == 2\nf(2) == 3\nf(3) == 4\nf(4) == 5\nf(5) == 6\nf(6) == 7"},
		{"words", "f(1) returns 2, f(2) should return 3. f(3) is 4; f(4) should be 5", "f(1) == 2\nf(2) == 3\nf(3) == 4\nf(4) == 5"},
		{"an assert, as MBPP shows", "assert f((3, 4), (4, 5)) == (4,)", "f((3, 4), (4, 5)) == (4,)"},
		{"literals", `f(-1.5e3, {"a": [None, True]}, {1, 2}, key=()) == False # no`, `f(-1.5e3, {"a": [None, True]}, {1, 2}, key=()) == False`},
		{"comments", "f(1) # => 2\nf(2) # returns 3", "f(1) == 2\nf(2) == 3"},
		{"the end of a sentence", "We have f(1) == 2.5. And more.", "f(1) ~ 2.5"},
		{"strings with brackets", `f("(a)", ')') == ']'`, `f("(a)", ')') == ']'`},
		{"over lines", "f([1,\n   2]) == [\n 3]", "f([1,\n   2]) == [\n 3]"},
		{"twice", "f(1) == 2\nf(1) == 2", "f(1) == 2"},
		{"of the function before", "def g(x):\n  '''g f(0) == 9'''\ndef f(x):\n  '''f(1) == 2'''", "f(1) == 2"},
		{"variables", "f(x) == 3, f(n) == n + 1, f(1) == n", ""},
		{"more than a literal", "f(1) == 19 - 5\nf(2) == [1][0]\nf(3) == 'a'.upper()\nf(4) == 2 * 3", ""},
		{"another function", "of(1) == 2, f.f(1) == 3, self_f(1) == 4", ""},
		{"code", "f(open('x')) == 1\nf(1) == exit()\nf(*[1]) == 2", ""},
		{"operands", "f(6) = f(5) + f(4) = 8\n2*f(3) = 6\nnot f(2) == True", ""},
		{"bullets", "- f(1) == 2\n* f(2) == 3\n1. f(3)\n2. f(4)", "f(1) == 2\nf(2) == 3"},
		{"cut short", "f(1) == 3.14...\nf(2) == [1, 2, ...]", ""},
		{"more after a comma", "f(1) returns 1,000\nf(2) => 1, 2\nf(3) == [1], [2]\nf(4) == 5, f(5) == 6", "f(4) == 5\nf(5) == 6"},
		{"more in words", "f(1) == 2 or 3\nf(2) returns 3 items\nf(3) is 5 more than that\nf(4) == 6 and f(5) == 7", "f(4) == 6\nf(5) == 7"},
		{"a result with more on its line", ">>> f(1)\n1 2 3\n>>> f(2)\n12:30\n>>> f(3)\n4  ", "f(3) == 4"},
		{"before the definition", "Write f. f(1) == 2.\n\ndef f(x):\n", "f(1) == 2"},
		{"nothing said", "f(1)\nand so on", ""},
		{"the docstring ends", "'''>>> f(1)\n'''\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, test := range Tests(problem.Problem{Question: tt.question, EntryPoint: "f"}) {
				got = append(got, exact(test.Code))
			}
			if d := cmp.Diff(tt.want, strings.Join(got, "\n")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// exact is a test's comparison as the question states it, ~ for one with a tolerance.
func exact(test string) string {
	test = strings.TrimPrefix(test, "assert ")
	for _, near := range []string{nearFloat, nearFloats} {
		if args, ok := strings.CutPrefix(test, near+"("); ok {
			at := strings.LastIndex(args, "), ") + 1
			return args[:at] + " ~ " + strings.TrimSuffix(args[at+2:], ")")
		}
	}
	return test
}

func TestFloats(t *testing.T) {
	for result, want := range map[string]bool{
		"2.5": true, "-1e-3": true, "1.5e300": true, "(0.5)": true, "[1.0, 2.5]": true, "(1.0,)": true, "[1.0, 2.5,]": true, "(1.0, -2.5)": true,
		"2": false, "[]": false, "()": false, "[1, 2.5]": false, "'2.5'": false, "[1.0, '2']": false, "{1.5}": false, "1e999": false,
		"[[1.0]]": false, "[1.0, None]": false, "True": false, "[1.0, (2.5)]": false,
	} {
		for _, test := range []problem.Test{Tests(problem.Problem{Question: "f(1) == " + result, EntryPoint: "f"})[0],
			Tests(problem.Problem{Public: []problem.Test{problem.PythonTest("assert f(1) == " + result)}, EntryPoint: "f"})[0]} {
			if got := strings.Contains(exact(test.Code), "~"); got != want {
				t.Errorf("%s: %s, tolerance %v", result, test, got)
			}
		}
	}
	for _, test := range []string{"assert f(1) == 2.5 and f(2) == 3", "assert f(x) == 2.5", "assert f(1) < 2.5", "x = f(1)\nassert x == 2.5", "assert f(1) == 2.5, 'no'"} {
		if got := tolerant(test); got != test {
			t.Errorf("%s became %s", test, got)
		}
	}
}

func TestGivenOnes(t *testing.T) {
	p := problem.Problem{Question: "f(1) == 2", EntryPoint: "f", Public: []problem.Test{problem.PythonTest("assert f(3) == 4"), problem.StdioTest("assert f(1) == 2.5", "")}}
	if d := cmp.Diff(p.Public, Tests(p)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	p.Public = []problem.Test{}
	if got := Tests(p); len(got) > 0 {
		t.Errorf("got %v of a problem that says it has none", got)
	}
	if got := Tests(problem.Problem{Question: "f(1) == 2"}); len(got) > 0 {
		t.Errorf("got %v without an entry point", got)
	}
}

// TestBefore: text before the definition is read only where it cannot be about
// another function's body.
func TestBefore(t *testing.T) {
	p := problem.Problem{Question: "def g():\n    return f(1) == 2\n\ndef f(x):\n", EntryPoint: "f"}
	if got := Tests(p); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

// quoted is a Python string; what is left of an example without strings shows
// what would run.
var quoted = regexp.MustCompile(`"(?:[^"\\\n]|\\(?s:.))*"|'(?:[^'\\\n]|\\(?s:.))*'`)

// Whatever the question says, an example calls the function asked for and nothing
// else, and names nothing but constants and keywords.
func FuzzTests(f *testing.F) {
	f.Add(">>> f([1, 'a', {2: (3,)}])\n-1.5e3")
	f.Add("f(" + strings.Repeat("[", 200))
	f.Fuzz(func(t *testing.T, question string) {
		for _, public := range Tests(problem.Problem{Question: question, EntryPoint: "f"}) {
			test := public.Code
			for _, near := range []string{nearFloat, nearFloats} {
				if args, ok := strings.CutPrefix(test, "assert "+near+"("); ok {
					test = "assert " + strings.TrimSuffix(args, ")") + " == 0"
				}
			}
			bare, ok := strings.CutPrefix(quoted.ReplaceAllString(test, `""`), "assert f(")
			if !ok || strings.Count(bare, "==") < 1 {
				t.Fatalf("%q is no comparison of a call", test)
			}
			bare = regexp.MustCompile(`\w+ *=[^=]`).ReplaceAllString(bare, "=")
			bare = regexp.MustCompile(`\b(?:True|False|None|[0-9_.]+(?:[eE][-+]?[0-9_]+)?)\b`).ReplaceAllString(bare, "0")
			if strings.ContainsAny(bare, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") || regexp.MustCompile(`[\w"\])}] *\(`).MatchString(bare) {
				t.Fatalf("%q is more than a call with literals: %q", test, bare)
			}
		}
	})
}
