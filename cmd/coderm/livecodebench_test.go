package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"

	"coderm/eval"
	"coderm/problem"
	"coderm/problem/convert"
	"coderm/run"
	"coderm/sandbox"
)

// TestLiveCodeBenchRules: what its runner counts as right and wrong, from the file of
// problems to the truth. Each solution was judged by its testing_util.py, but for
// what docs/evaluation.md says differs.
func TestLiveCodeBenchRules(t *testing.T) {
	box, err := sandbox.New(context.Background(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	type test struct {
		Input  string `json:"input"`
		Output string `json:"output"`
		Type   string `json:"testtype"`
	}
	type solution struct {
		code  string
		right bool
	}
	call := func(in, out string) []test { return []test{{in, out, "functional"}} }
	program := func(in, out string) []test { return []test{{in, out, "stdin"}} }
	method := func(body string) string { return "class Solution:\n    def f(self, n):\n        " + body + "\n" }
	for name, c := range map[string]struct {
		tests     []test
		solutions []solution
	}{
		"a list is wanted": {call("3", "[3, 4]"), []solution{
			{method("return [n, n + 1]"), true}, {method("return n, n + 1"), true}, {method("return {n, n + 1}"), false}, {method("return [n, n]"), false}}},
		"a list of lists": {call("1", "[[1, 2]]"), []solution{{method("return [[1, 2]]"), true}, {method("return ([1, 2],)"), true}, {method("return [(1, 2)]"), false}}},
		"a float":         {call("1", "0.3"), []solution{{method("return 0.3"), true}, {method("return 0.1 + 0.2"), false}}},
		"the prelude": {call("[1, 2, 2]", "5"), []solution{
			{"class Solution:\n    def f(self, n: List[int]) -> Optional[int]:\n        return sum(n)\n", true},
			{method("return sum(k * v for k, v in Counter(n).items())"), true},
			{method("return reduce(add, n) + int(sqrt(0)) + len(deque())"), true},
			{method("heapify(n); return math.floor(heappop(n)) + 4 + bisect_left([1], 0)"), true},
			{"from typing import List\n" + method("return sum(n)"), true}, {method("return undefined"), false}}},
		"recursion": {call("20000", "20000"), []solution{{method("return 0 if n == 0 else 1 + self.f(n - 1)"), true}}},
		"where the function is": {call("1", "2"), []solution{
			{"def f(n):\n    return n + 1\n", true}, {"f = lambda n: n + 1\n", true}, {"class Solution:\n    pass\n\ndef f(n):\n    return n + 1\n", false}, {"def g(n):\n    return n + 1\n", false}}},
		"several arguments": {call("1\n\"a\u2028b\"\n[true, null]", "[1, \"a\u2028b\", [true, null]]"), []solution{
			{"class Solution:\n    def f(self, *a):\n        return list(a)\n", true}}},
		"names of the test's own": {call("1", "2"), []solution{{"function = got = want = json = lines = 1\ndef f(n):\n    return n + function\n", true}}},
		"decimals":                {program("1 2\n", "0.50000\n"), []solution{{"a, b = map(int, input().split())\nprint(a / b)", true}, {"print(.5, '')", true}, {"print(0.5000001)", false}}},
		"lines":                   {program("", "1\n2\n"), []solution{{"print()\nprint(' 1 ')\nprint(2)\nprint()", true}, {"print(1, 2)", false}, {"print(1)\nprint()\nprint(2)", false}}},
		"a program's prelude":     {program("4\n", "2\n"), []solution{{"print(isqrt(int(sys.stdin.readline())))", true}, {"if __name__ == '__main__':\n    print(gcd(2, int(input())))", true}}},
		"long integers":           {program("", "20001\n"), []solution{{"print(len(str(10 ** 20000)))", true}}},
	} {
		t.Run(name, func(t *testing.T) {
			tests, err := json.Marshal(c.tests)
			if err != nil {
				t.Fatal(err)
			}
			metadata, starter := `{}`, ""
			if c.tests[0].Type == "functional" {
				metadata, starter = `{"func_name": "f"}`, method("")
			}
			path := filepath.Join(t.TempDir(), "lcb.jsonl")
			writeInput(t, path, map[string]any{"question_id": "q", "question_content": "Do it.", "starter_code": starter, "metadata": metadata, "private_test_cases": string(tests)})
			set, err := convert.Read(context.Background(), "livecodebench", convert.Input{Problems: path})
			if err != nil {
				t.Fatal(err)
			}
			var programs []string
			for _, s := range c.solutions {
				programs = append(programs, s.code)
			}
			checks, err := eval.HiddenChecks(set.Problems[0], set.Hidden, eval.DefaultPatience())
			if err != nil {
				t.Fatal(err)
			}
			right, err := rightOf(&run.Judge{Sandbox: box, Limits: run.JudgeLimits()}, set.Problems[0], programs, checks)
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range c.solutions {
				if right[i] != s.right {
					t.Errorf("%q: right %v, want %v", s.code, right[i], s.right)
				}
			}
		})
	}
	if _, err := eval.HiddenChecks(problem.Problem{Public: problem.PythonTests([]string{"assert 1"})}, nil, eval.DefaultPatience()); err == nil {
		t.Error("a problem without hidden tests is judged by its public ones")
	}
}

// A test that calls a function, as CodeRM's prompts ask for, calls the method of a
// class.
func TestLiveCodeBenchMethodIsAFunction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lcb.jsonl")
	writeInput(t, path, map[string]any{"question_id": "q", "question_content": "Do it.", "metadata": `{"func_name": "f"}`,
		"starter_code": "class Solution:\n    def f(self, n: int) -> int:\n        "})
	set, err := convert.Read(t.Context(), "livecodebench", convert.Input{Problems: path})
	if err != nil {
		t.Fatal(err)
	}
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	test := problem.PythonTest("import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(n=1), 2)\n")
	for code, want := range map[string]sandbox.Kind{
		"class Solution:\n    def f(self, n):\n        return n + 1\n": sandbox.Pass,
		"class Solution:\n    def f(self, n):\n        return n\n":     sandbox.Fail,
		"def f(n):\n    return n + 1\n":                                sandbox.Pass,
		"def g(n):\n    return n + 1\n":                                sandbox.Error,
	} {
		v, err := box.Run(t.Context(), sandbox.Pair{Solution: set.Problems[0].Program(code), Test: test}, sandbox.Limits{})
		if err != nil || v.Kind != want {
			t.Errorf("%q: %v (%s), %v, want %v", code, v.Kind, v.Detail, err, want)
		}
	}
}
