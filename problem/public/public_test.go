package public

import (
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
		{"a comment", "f(1) # => 2", "f(1) == 2"},
		{"the end of a sentence", "We have f(1) == 2.5. And more.", "f(1) == 2.5"},
		{"strings with brackets", `f("(a)", ')') == ']'`, `f("(a)", ')') == ']'`},
		{"over lines", "f([1,\n   2]) == [\n 3]", "f([1,\n   2]) == [\n 3]"},
		{"twice", "f(1) == 2\nf(1) == 2", "f(1) == 2"},
		{"of the function before", "def g(x):\n  '''g f(0) == 9'''\ndef f(x):\n  '''f(1) == 2'''", "f(1) == 2"},
		{"variables", "f(x) == 3, f(n) == n + 1, f(1) == n", ""},
		{"more than a literal", "f(1) == 19 - 5\nf(2) == [1][0]\nf(3) == 'a'.upper()\nf(4) == 2 * 3", ""},
		{"another function", "of(1) == 2, f.f(1) == 3, self_f(1) == 4", ""},
		{"code", "f(open('x')) == 1\nf(1) == exit()\nf(*[1]) == 2", ""},
		{"nothing said", "f(1)\nand so on", ""},
		{"the docstring ends", "'''>>> f(1)\n'''\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Tests(problem.Problem{Question: tt.question, EntryPoint: "f"})
			for i := range got {
				got[i] = strings.TrimPrefix(got[i], "assert ")
			}
			if d := cmp.Diff(tt.want, strings.Join(got, "\n")); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestGivenOnes(t *testing.T) {
	p := problem.Problem{Question: "f(1) == 2", EntryPoint: "f", Public: []string{"assert f(3) == 4"}}
	if d := cmp.Diff(p.Public, Tests(p)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	p.Public = []string{}
	if got := Tests(p); len(got) > 0 {
		t.Errorf("got %q of a problem that says it has none", got)
	}
	if got := Tests(problem.Problem{Question: "f(1) == 2"}); len(got) > 0 {
		t.Errorf("got %q without an entry point", got)
	}
}

// What is read is of one form, however strange the question.
func FuzzTests(f *testing.F) {
	f.Add(">>> f([1, 'a', {2: (3,)}])\n-1.5e3")
	f.Add("f(" + strings.Repeat("[", 200))
	f.Fuzz(func(t *testing.T, question string) {
		for _, test := range Tests(problem.Problem{Question: question, EntryPoint: "f"}) {
			call, ok := strings.CutPrefix(test, "assert f(")
			n := arguments(call)
			if !ok || n < 0 {
				t.Fatalf("%q has no arguments", test)
			}
			result, ok := strings.CutPrefix(call[n:], " == ")
			if !ok || literal(result) != len(result) {
				t.Fatalf("%q is no literal", result)
			}
		}
	})
}
