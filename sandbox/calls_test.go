package sandbox_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
	"coderm/sandbox"
)

// The calls of tests, whatever the tests say of them.
func TestCallsOf(t *testing.T) {
	s := open(t, sandbox.Options{})
	solutions := []string{
		"def f(:\n",
		"def f(x, y=0):\n    if x == 7: raise ValueError\n    return x\n",
		"def f(x, y=0):\n    return [x]\n",
	}
	var tests []problem.Test
	var want [][]sandbox.Made
	in := func(method string, calls ...string) (made []sandbox.Made) {
		for _, c := range calls {
			made = append(made, sandbox.Made{Method: method, Call: c})
		}
		return made
	}
	for _, c := range []struct {
		code  string
		calls []sandbox.Made
	}{
		{"assert f(1) == 2\nassert f('a', y=[1, (2,)]) == 3\n", in("", "f(1)", "f('a', y=[1, (2,)])")},
		{"import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.x = {1: {2.5}}\n" +
			"    def test_b(self):\n        self.assertEqual(f(3), 0)\n        self.assertEqual(f(4), 0)\n" +
			"    def test_a(self):\n        with self.assertRaises(KeyError):\n            f(self.x)\n        for n in range(2):\n            with self.subTest(n=n):\n                self.assertTrue(f(n, n))\n",
			append(in("T.test_a", "f({1: {2.5}})", "f(0, 0)", "f(1, 1)"), in("T.test_b", "f(3)", "f(4)")...)},
		{"from solution import f as g\ndef test_x():\n    r = g(7)\n    assert r and f(r) == 1\n", in("test_x", "f(7)", "f([7])")},
		{"class A: pass\nassert f(A()) and f(float('inf')) and f(None)\n", in("", "f(1e999)", "f(None)")},
		{"import pytest\n@pytest.fixture\ndef two():\n    return 2\n@pytest.mark.parametrize('n', [5, 6])\ndef test_n(n):\n    assert f(n) == 0\n    pytest.fail('no')\n" +
			"class TestTwo:\n    def test_two(self, two):\n        assert f(two) == pytest.approx(9)\n",
			append(append(in("test_n[5]", "f(5)"), in("test_n[6]", "f(6)")...), in("TestTwo.test_two", "f(2)")...)},
		{"assert 1 == 1\n", nil},
		{"assert (\n", nil},
		{"class ListNode:\n    def __init__(self, v): self.v = v\nwhile f(True): break\nassert f(ListNode(1).v) == 1", in("", "f(True)", "f(1)")},
	} {
		tests = append(tests, problem.Test{Kind: problem.Unittest, Code: c.code})
		want = append(want, c.calls)
	}
	got, err := s.CallsOf(context.Background(), solutions, tests, "f", sandbox.MatrixLimits())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var calls []string
	for _, c := range got {
		for _, made := range c {
			calls = append(calls, made.Call)
		}
	}
	rows, _, err := s.Observe(context.Background(), solutions[2:], calls, sandbox.MatrixLimits())
	if err != nil {
		t.Fatal(err)
	}
	for c, o := range rows[0] {
		if o.Ending != problem.Returned {
			t.Errorf("%s: %+v", calls[c], o)
		}
	}
}
