package sandbox_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/sandbox"
)

// TestMethodNames checks which columns a test program has: no two methods may go
// by one name, whatever the classes do.
func TestMethodNames(t *testing.T) {
	s := open(t, sandbox.Options{})
	const head = "import unittest\nfrom unittest import TestCase\n"
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct {
		test string
		want []string
	}{
		"two classes": {
			"class B(TestCase):\n    def test_x(self): double(1)\n    def test_y(self): pass\n" +
				"class A(TestCase):\n    def test_y(self): pass\n    def test_x(self): pass\n",
			[]string{"A.test_x", "A.test_y", "B.test_x", "B.test_y"}},
		"inherited": {
			"class Base(TestCase):\n    def test_x(self): pass\nclass Child(Base):\n    def test_z(self): pass\n",
			[]string{"Base.test_x", "Child.test_x", "Child.test_z"}},
		"mixin": {
			"class Mixin:\n    def test_x(self): pass\nclass A(Mixin, TestCase): pass\nclass B(Mixin, TestCase): pass\n",
			[]string{"A.test_x", "B.test_x"}},
		"functions beside": {
			"class T(TestCase):\n    def test_x(self): pass\ndef test_x(): assert True\ndef test_a(): assert True\n",
			[]string{"T.test_x", "test_a", "test_x"}},
		"runTest": {
			"class A(TestCase):\n    def runTest(self): pass\nclass B(A):\n    def test_x(self): pass\nclass C(A): pass\n",
			[]string{"A.runTest", "B.test_x", "C.runTest"}},
		"functions alone": {"def test_x(): assert True\n", []string{"test_x"}},
		"top level":       {"assert double(1) == 2\n", []string{""}},
		"class said again": {
			"class T(TestCase):\n    def test_x(self): pass\nclass T(TestCase):\n    def test_y(self): pass\n",
			[]string{"T.test_y"}},
		"one class under two names": {
			"class T(TestCase):\n    def test_x(self): pass\nU = T\n",
			[]string{"T.test_x", "U.test_x"}},
		"classes of one name": {
			"def make():\n    class T(TestCase):\n        def test_x(self): pass\n    return T\nA, B = make(), make()\n",
			[]string{"A.test_x", "B.test_x"}},
		"dots": {
			"class A(TestCase):\n    def test_x(self): pass\nsetattr(A, 'test.x', lambda self: None)\n" +
				"globals()['A.test'] = type('A', (TestCase,), {'test': lambda self: None})\n",
			[]string{"A.test.x", "A.test_x", "A.test.test"}},
		"odd": {
			"class Ä(TestCase):\n    def test_ü(self): pass\n" +
				"for n in 'test\\n', 'test\\t', 'test\\ud800', 'test\\udfff': setattr(Ä, n, lambda self: None)\n",
			[]string{"Ä.test ", "Ä.test #2", "Ä.test_ü", "Ä.?", "Ä.?#2"}},
		"long": {
			"class " + long + "(TestCase):\n    def test_" + long + "1(self): pass\n    def test_" + long + "2(self): pass\n" +
				"    def test_é" + strings.Repeat("é", 200) + "(self): pass\n",
			[]string{
				long[:255] + ".test_" + long[:250], long[:255] + ".test_" + long[:250] + "#2",
				long[:255] + ".test_" + strings.Repeat("é", 125)}},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := s.Run(context.Background(), sandbox.Pair{Solution: double, Test: problem.PythonTest(head + c.test)}, sandbox.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range v.Methods {
				got = append(got, m.Name)
			}
			if v.Kind != sandbox.Pass || v.TestsRun != len(c.want) {
				t.Errorf("%v", v)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// TestManyMethods has more methods than a page of names.
func TestManyMethods(t *testing.T) {
	s := open(t, sandbox.Options{Workers: 1})
	const test = "import unittest\n" +
		"class T(unittest.TestCase): pass\n" +
		"for i in range(6000): setattr(T, f'test_with_a_name_of_some_length_{i}', lambda self: None)\n"
	v, err := s.Run(context.Background(), sandbox.Pair{Test: problem.PythonTest(test)}, sandbox.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if v.Kind != sandbox.Pass || v.TestsRun != 6000 || len(v.Methods) != 6000 {
		t.Errorf("%v, %d tests, %d methods", v.Kind, v.TestsRun, len(v.Methods))
	}
}
