package model

import (
	"encoding/json"
	"testing"

	"coderm/internal/testkit"
	"coderm/problem"
)

func TestFunctionFormat(t *testing.T) {
	for name, c := range map[string][2]string{
		"calls and main": {
			"import math\n\n\n# adds\ndef add(a, b):\n    # the sum\n    return a + b\n\nLIMIT = {\n    1: 2,\n}\nprint(add(1, 2))\nassert add(1, 1) == 2\n\nif __name__ == '__main__':\n    x = add(1, 2)\n",
			"import math\ndef add(a, b):\n    # the sum\n    return a + b\nLIMIT = {\n    1: 2,\n}"},
		"imports first": {"def f():\n    pass\nfrom a import (b,\n    c)\n", "from a import (b,\n    c)\ndef f():\n    pass"},
		"decorators":    {"@cache\ndef f():\n    return 1\nf()\n", "@cache\ndef f():\n    return 1"},
		"class":         {"class A:\n    x = 1\n\n    def f(self):\n        return self.x\n\n\ndef f():\n    return A().f()\n", "class A:\n    x = 1\n\n    def f(self):\n        return self.x\ndef f():\n    return A().f()"},
		"windows":       {"def f():\r\n    return 1\r\nf()\r\n", "def f():\n    return 1"},
		"no function":   {"n = int(input())\nprint(n)\n", "n = int(input())\nprint(n)"},
		"no Python":     {"I cannot.\n", "I cannot."},
		"methods": {
			"from typing import *\nclass Solution:\n    def f(self, a: int) -> int:\n        return self.g(a)\n\n    def g(self,a):\n        return a\n",
			"from typing import *\ndef f(a: int) -> int:\n    return g(a)\n\ndef g(a):\n    return a"},
		"state":          {"class Solution:\n    def f(self):\n        self.x = 1\n", "class Solution:\n    def f(self):\n        self.x = 1"},
		"object":         {"class Solution:\n    def f(self):\n        return g(self)\n", "class Solution:\n    def f(self):\n        return g(self)"},
		"static":         {"class Solution:\n    @staticmethod\n    def f(a):\n        return a\n", "class Solution:\n    @staticmethod\n    def f(a):\n        return a"},
		"derived":        {"class Solution(Base):\n    def f(self):\n        return 1\n", "class Solution(Base):\n    def f(self):\n        return 1"},
		"empty":          {"class Solution: pass\n", "class Solution: pass"},
		"class variable": {"class Solution:\n    x = 1\n    def f(self):\n        return 1\n", "class Solution:\n    x = 1\n    def f(self):\n        return 1"},
	} {
		if got := functionFormat(c[0]); got != c[1] {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c[1])
		}
	}
}

// Function format has itself as its function format, on what a model really wrote.
func TestFunctionFormatOfItself(t *testing.T) {
	programs := 0
	err := problem.Lines(testkit.Data(t, "humaneval-codegen16b.jsonl.zst"), func(line []byte) error {
		var l struct {
			Prompt    string
			Solutions []string
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		for _, s := range l.Solutions {
			programs++
			once := functionFormat(l.Prompt + s)
			if twice := functionFormat(once); twice != once {
				t.Errorf("%s\nbecame\n%s", once, twice)
			}
		}
		return nil
	})
	if err != nil || programs < 5000 {
		t.Fatalf("%d programs: %v", programs, err)
	}
}

func FuzzFunctionFormat(f *testing.F) {
	f.Add("import a\nclass Solution:\n    def f(self, x):\n        return self.g(x)\n")
	f.Add("@\n\tdef\n'''")
	f.Fuzz(func(t *testing.T, code string) {
		functionFormat(code)
		publishedQuestion(problem.Problem{Question: code, EntryPoint: "f"})
	})
}
