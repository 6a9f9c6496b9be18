package model

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
)

const (
	one       = "import unittest\n\nclass TestInc(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(inc(1), 2)\n\n    def test_zero(self):\n        self.assertEqual(inc(0), 1)\n"
	class     = "class TestInc(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(inc(1), 2)\n"
	draft     = "import unittest\n\nclass TestDraft(unittest.TestCase):\n    def test_draft(self):\n        self.assertEqual(inc(1), 0)\n"
	other     = "import unittest\n\nclass TestMore(unittest.TestCase):\n    def test_big(self):\n        self.assertEqual(inc(9), 10)\n"
	pytestOne = "import pytest\n\n@pytest.mark.parametrize(\"x, want\", [\n    (1, 2),\n    (0, 1),\n])\ndef test_inc(x, want):\n    assert inc(x) == want\n\n\ndef test_bad():\n    with pytest.raises(TypeError, match=\"str\"):\n        inc(\"a\")\n"
	extra     = "class TestMore(unittest.TestCase):\n    def test_big(self):\n        self.assertEqual(inc(9), 10)\n"
)

func py(code string) string { return "```python\n" + code + "```\n" }

func indented(code, by string) string {
	var b strings.Builder
	for l := range strings.Lines(code) {
		if l != "\n" {
			b.WriteString(by)
		}
		b.WriteString(l)
	}
	return b.String()
}

// answers are forms that models give their answers, and the program in each.
var answers = []struct{ name, text, want string }{
	// Fences, by CommonMark.
	{"CRLF", strings.ReplaceAll("Sure:\n\n"+py(one)+"\nDone.\n", "\n", "\r\n"), one},
	{"CR", strings.ReplaceAll("Sure:\n\n"+py(one)+"\nDone.\n", "\n", "\r"), one},
	{"tildes", "~~~python\n" + one + "~~~\nDone.", one},
	{"tildes around backticks", "~~~~ python title=\"x\"\n" + one + "```\n~~~~\nDone.", one + "```\n"},
	{"four backticks", "````python\n" + one + "````\nDone.", one},
	{"a longer fence closes", "```python\n" + one + "`````\nDone.", one},
	{"a list", "1. Tests:\n\n" + indented(py(one), "   ") + "\nDone.", one},
	{"a nested list", "- a\n  - Tests:\n" + indented(py(one), "    ") + "\nDone.", one},
	{"a fence right after the bullet", "- ```python\n" + indented(one, "  ") + "  ```\nDone.", one},
	{"a list of two blocks", "1. A:\n" + indented(py(one), "   ") + "2. B:\n" + indented(py(extra), "   "), one + "\n" + extra},
	{"a quote", "> Sure:\n" + strings.ReplaceAll(indented(py(one), "> "), "\n\n", "\n>\n") + "\nDone.", one},
	{"indented by four", "Tests:\n\n" + indented(py(one), "    ") + "\nDone.", one},
	{"indented by four after text", "Tests:\n" + indented(py(one), "    ") + "\nDone.", one},
	{"indented by a tab", "Tests:\n\n" + indented(py(one), "\t") + "\nDone.", one},
	{"content indented as a whole", "```python\n" + indented(one, "    ") + "```\n", one},
	{"after text", "**Test code:** ```python\n" + one + "```\nDone.", one},
	{"after a heading", "### Tests ```python\n" + one + "```\nDone.\n" + py(extra), one + "\n" + extra},
	{"closed at the end of code", "```python\n" + strings.TrimSuffix(one, "\n") + "```\nDone.", one},
	{"closed at the end of code, another block", "```python\n" + strings.TrimSuffix(one, "\n") + "```\nAnd:\n" + py(extra), one + "\n" + extra},
	{"closed at the end of code in a list", "1. A\n   ```python\n" + indented(strings.TrimSuffix(one, "\n"), "   ") + "```\nDone.", one},
	{"closed with the language's name", "```python\n" + one + "```python\nDone.", one},
	{"closed with text after", "```python\n" + one + "```These test inc.\n" + py(extra), one + "\n" + extra},
	{"closed with text after, in a list", "1. A\n   ```python\n" + indented(one, "   ") + "   ```These test inc.\n" + py(extra), one + "\n" + extra},
	{"opened before it was closed", "```python\nimport unittest\n```python\n" + class + "```\n", "import unittest\n\n" + class},
	{"code on the opening fence", "```python import unittest\n" + strings.TrimPrefix(one, "import unittest\n") + "```", one},
	{"a mark before everything", "\ufeff" + one, one},
	{"tags of HTML on the lines of code", "Sure:\n<pre><code class=\"language-python\">" + strings.TrimSuffix(one, "\n") + "</code></pre>\nDone.", one},
	{"Llama's tag for Python", "<|python_tag|>" + one + "<|eom_id|>", one},
	{"tags in strings stay", py(strings.Replace(one, "inc(1)", "inc(len('''\n<b>\n</b>''') - 8)", 1)), strings.Replace(one, "inc(1)", "inc(len('''\n<b>\n</b>''') - 8)", 1)},
	{"never closed, prose after", "```python\n" + one + "\nThis tests inc and it's done (I hope:\n- One thing\n\n**Note** that\n", one},
	{"never closed, prose and another block", "```python\n" + one + "\nThese are all.\n" + py(extra), one + "\n" + extra},
	{"never closed, and cut in the middle", "```python\n" + one + "\n    def test_big(self):\n        self.assertEqual(inc(9", one},
	{"never closed", "```python\n" + one, one},
	{"closed only, after a prompt that opened", one + "```\n\nThese tests check `inc`.", one},
	{"closed only, and another block", one + "```\nMore:\n" + py(extra), one + "\n" + extra},
	{"closed only, with the language's name left", "python\n" + one + "```\nDone.", one},
	{"closed only, at the end of code", strings.TrimSuffix(one, "\n") + "```\nDone.", one},
	{"no language", "```\n" + one + "```", one},
	{"py3", "```py3\n" + one + "```", one},
	{"Python 3", "```Python 3\n" + one + "```", one},
	{"attributes", "```{.python .numberLines}\n" + one + "```", one},
	{"text", "```text\n" + one + "```", one},
	{"an unknown name", "```test\n" + one + "```\nDone.", one},
	{"an answer within a fence of Markdown", "````markdown\n# Tests\n\n" + py(one) + "\nDone.\n````\n", one},
	{"tags around the answer", "<answer>\n" + py(one) + "</answer>\n", one},
	{"a comment that opens a block", "<details>\n<summary>Tests</summary>\n" + py(one) + "</details>\n", one},

	// Code that holds fences.
	{"a fence in a docstring", py(strings.Replace(one, "        self", "        \"\"\"Example:\n        ```\n        inc(1)\n        ```\n        \"\"\"\n        self", 1)), strings.Replace(one, "        self", "        \"\"\"Example:\n        ```\n        inc(1)\n        ```\n        \"\"\"\n        self", 1)},
	{"a fence in a string", py(strings.Replace(one, "inc(1)", "inc(len('```'))", 1)), strings.Replace(one, "inc(1)", "inc(len('```'))", 1)},
	{"a fence at the end of a comment", py(strings.Replace(one, "    def test_zero", "    # as in ```\n    def test_zero", 1)), strings.Replace(one, "    def test_zero", "    # as in ```\n    def test_zero", 1)},
	{"a fence in a docstring of bare code", strings.Replace(one, "        self", "        \"\"\"Example:\n\n        ```\n        inc(1)\n        ```\n        \"\"\"\n        self", 1), strings.Replace(one, "        self", "        \"\"\"Example:\n\n        ```\n        inc(1)\n        ```\n        \"\"\"\n        self", 1)},

	{"a fence in a module's docstring, fenced", "Sure:\n" + py("\"\"\"Tests.\n\n```\ninc(1)\n```\n\"\"\"\n"+one) + "Done.\n" + py(extra), "\"\"\"Tests.\n\n```\ninc(1)\n```\n\"\"\"\n" + one + "\n" + extra},
	{"a fence in a module's docstring", "\"\"\"Tests.\n\n```\ninc(1)\n```\n\"\"\"\n" + one, "\"\"\"Tests.\n\n```\ninc(1)\n```\n\"\"\"\n" + one},
	{"a fence in a class's docstring, and prose", "Here:\n" + strings.Replace(one, "    def", "    \"\"\"Tests.\n\n    ```\n    inc(1)\n    ```\n    \"\"\"\n    def", 1) + "\nDone.", strings.Replace(one, "    def", "    \"\"\"Tests.\n\n    ```\n    inc(1)\n    ```\n    \"\"\"\n    def", 1)},

	// Several blocks.
	{"imports apart", "First:\n" + py("import unittest\nfrom math import inf\n") + "Then:\n" + py(class), "import unittest\n\n" + class},
	{"imports apart, all used", py("import unittest\nfrom math import inf as far\n") + py(class+"        self.assertTrue(inc(1) < far)\n"), "import unittest\nfrom math import inf as far\n\n" + class + "        self.assertTrue(inc(1) < far)\n"},
	{
		"a helper apart", py("import unittest\n\ndef expected(x):\n    return x + 1\n") + py(strings.Replace(class, "2)", "expected(1))", 1)),
		"import unittest\n\ndef expected(x):\n    return x + 1\n\n" + strings.Replace(class, "2)", "expected(1))", 1),
	},
	{
		"what a helper needs in turn", py("import unittest\nimport math\n") + py("ONE = 1\n\ndef plus(x):\n    return math.floor(x) + ONE\n\ndef idle():\n    pass\n") + py(strings.Replace(class, "2)", "plus(1))", 1)),
		"import unittest\nimport math\n\nONE = 1\n\ndef plus(x):\n    return math.floor(x) + ONE\n\n" + strings.Replace(class, "2)", "plus(1))", 1),
	},
	{
		"cases filled in a loop", py("import unittest\ncases = []\nfor i in range(3):\n    cases.append((i, i + 1))\nprint(inc(cases[0][0]))\n") + py(class+"        for x, y in cases:\n            self.assertEqual(inc(x), y)\n"),
		"import unittest\ncases = []\nfor i in range(3):\n    cases.append((i, i + 1))\n\n" + class + "        for x, y in cases:\n            self.assertEqual(inc(x), y)\n",
	},
	{"the solution repeated with the import", py("import unittest\n\ndef inc(x):\n    return x + 1\n") + py(class), "import unittest\n\n" + class},
	{"a star import", py("from math import *\nimport unittest\n") + py(class+"        self.assertTrue(inc(1) < inf)\n"), "from math import *\nimport unittest\n\n" + class + "        self.assertTrue(inc(1) < inf)\n"},
	{"a star import of unittest", py("from unittest import *\n") + py(strings.Replace(class, "unittest.", "", 1)), "from unittest import *\n\n" + strings.Replace(class, "unittest.", "", 1)},
	{"methods to add to the class", py(one+"\nif __name__ == '__main__':\n    unittest.main()\n") + "Add:\n" + py("    def test_big(self):\n        self.assertEqual(inc(9), 10)\n\n    @unittest.skip('x')\n    def test_not(self):\n        pass\n"), one + "\n    def test_big(self):\n        self.assertEqual(inc(9), 10)\n\n    @unittest.skip('x')\n    def test_not(self):\n        pass\n"},
	{"methods at the margin to add to the class", py(strings.ReplaceAll(one, "    ", "\t")) + "Add:\n" + py("def test_big(self):\n\tself.assertEqual(inc(9), 10)\n"), strings.ReplaceAll(one, "    ", "\t") + "\n\tdef test_big(self):\n\t\tself.assertEqual(inc(9), 10)\n"},
	{"a class whose methods come in a block of their own", py("import unittest\n\nclass TestInc(unittest.TestCase):\n") + "And:\n" + py("    def test_big(self):\n        self.assertEqual(inc(9), 10)\n\nif __name__ == '__main__':\n    unittest.main()\n"), "import unittest\n\nclass TestInc(unittest.TestCase):\n\n    def test_big(self):\n        self.assertEqual(inc(9), 10)\n"},
	{"what unittest calls, apart", py("import unittest\n\ndef setUpModule():\n    pass\n") + py(class), "import unittest\n\ndef setUpModule():\n    pass\n\n" + class},
	{"a method to add to a class of pytest", py("class TestInc:\n    def test_one(self):\n        assert inc(1) == 2\n") + py("    def test_two(self):\n        assert inc(2) == 3\n"), "class TestInc:\n    def test_one(self):\n        assert inc(1) == 2\n\n    def test_two(self):\n        assert inc(2) == 3\n"},
	{"the solution as a lambda", py("import unittest\n\ninc = lambda x: x + 1\n\n" + class), "import unittest\n\n" + class},
	{"the solution as a class with a name for its method", py("import unittest\n\nclass Solver:\n    def inc(self, x):\n        return x + 1\n\ninc = Solver().inc\n\n" + class), "import unittest\n\nclass Solver:\n    def inc(self, x):\n        return x + 1\n\n" + class},
	{"the solution wrapped", py("import functools\nimport unittest\n\ninc = functools.cache(inc)\n\n" + class), "import functools\nimport unittest\n\ninc = functools.cache(inc)\n\n" + class},
	{"usage after the tests", py(one) + "Use:\n" + py("result = inc(5)\nprint(result)\n"), one},
	{"how to run", py(one) + "Run:\n```bash\npython -m unittest\n```\nOutput:\n```\n..\nRan 2 tests in 0.000s\n\nOK\n```\n", one},
	{"doctests", "For example:\n```\n>>> inc(1)\n2\n```\n" + py(one), one},
	{"doctests without a fence", ">>> inc(1)\n2\n\n" + one, one},
	{"a session", "```pycon\n>>> import unittest\n>>> class TestInc(unittest.TestCase):\n...     def test_one(self):\n...         self.assertEqual(inc(1), 2)\n...\n>>> unittest.main()\n.\nRan 1 test\n```\n", class0()},
	{"a notebook", "```python\n!pip install pytest\nimport unittest\n```\n" + "```python\n%%time\n" + class + "```\n", "import unittest\n\n" + class},
	{"imports and a listing of names", "```\nimport unittest\nimport os …\n```\n" + py(class), "import unittest\n\n" + class},
	{"two classes", py(one) + "and\n" + py(other), one + "\n" + other},
	{"two classes that share the import", py(one) + "and\n" + py(extra), one + "\n" + extra},
	{"the class in the last block only", py("import unittest\n") + py("x = 1\n") + py(class), "import unittest\n\n" + class},
	{"a draft of the same class", py(strings.Replace(one, "2)", "3)", 1)) + "No, that is wrong:\n" + py(one), one},
	{"a draft of another name", py(strings.ReplaceAll(one, "TestInc", "TestDraft")) + "All of them:\n" + py(one+"\n    def test_more(self):\n        pass\n"), one + "\n    def test_more(self):\n        pass\n"},

	// pytest.
	{"pytest", py(pytestOne), pytestOne},
	{"pytest, bare", "The tests:\n\n" + pytestOne + "\nRun them with pytest.\n", pytestOne},
	{"pytest, the answer before", py("def inc(x):\n    return x + 1\n") + "Tests:\n" + py(pytestOne), pytestOne},
	{"pytest, fixtures in a file of their own", "`conftest.py`:\n" + py("import pytest\n\n@pytest.fixture\ndef base():\n    return 1\n\n@pytest.fixture\ndef unused():\n    return 2\n\n@pytest.fixture\ndef numbers(base):\n    return [base]\n\n@pytest.fixture(autouse=True)\ndef reset():\n    yield\n") + "`test_inc.py`:\n" + py("def test_inc(numbers):\n    assert inc(numbers[0]) == 2\n"), "import pytest\n\n@pytest.fixture\ndef base():\n    return 1\n\n@pytest.fixture\ndef numbers(base):\n    return [base]\n\n@pytest.fixture(autouse=True)\ndef reset():\n    yield\n\ndef test_inc(numbers):\n    assert inc(numbers[0]) == 2\n"},
	{"pytest, a fixture of the tests' block", py("import pytest\nfrom solution import inc\n\n@pytest.fixture\ndef one():\n    return 1\n\ndef test_inc(one):\n    assert inc(one) == 2\n"), "import pytest\nfrom solution import inc\n\n@pytest.fixture\ndef one():\n    return 1\n\ndef test_inc(one):\n    assert inc(one) == 2\n"},
	{"pytest, what it calls, apart", py("def setup_function():\n    pass\n") + py(pytestOne), "def setup_function():\n    pass\n\n" + pytestOne},
	{"pytest, a draft", py(strings.Replace(pytestOne, "(0, 1)", "(0, 2)", 1)) + "No:\n" + py(pytestOne), pytestOne},

	// Reasoning.
	{"think", "<think>\nLet me draft:\n" + py(draft) + "No.\n</think>\n\nHere:\n" + py(one), one},
	{"think without its opening", "Let me draft:\n" + py(draft) + "No.\n</think>\n\nHere:\n" + py(one), one},
	{"think with an open draft", "<think>\n```python\n" + draft + "</think>\n" + py(one), one},
	{"think on one line", "<think>The tag </think> ends it.</think>" + py(one), one},
	{"think twice", "<think>\n" + py(draft) + "</think>\n" + py(one) + "<think>\n" + py(draft) + "</think>\nDone.", one},
	{"think, then bare code", "<think>\n" + draft + "</think>\n" + one, one},
	{"an empty think", "<think>\n\n</think>\n\n" + py(one), one},
	{"a closing tag at the end", py(one) + "</think>", one},
	{"a tag mentioned", "The `</think>` tag is not used.\n" + py(one), one},
	{"a tag in a string", py(strings.Replace(one, "inc(1)", "inc(len('</think>') - 7)", 1)), strings.Replace(one, "inc(1)", "inc(len('</think>') - 7)", 1)},
	{"thinking", "<thinking>" + py(draft) + "</thinking>\n" + py(one), one},
	{"reasoning", "<reasoning>\n" + py(draft) + "</reasoning>\n<answer>\n" + py(one) + "</answer>", one},
	{"Magistral", "[THINK]" + py(draft) + "[/THINK]" + py(one), one},
	{"Kimi", "◁think▷" + py(draft) + "◁/think▷" + py(one), one},
	{"gpt-oss", "<|channel|>analysis<|message|>" + py(draft) + "<|end|><|start|>assistant<|channel|>final<|message|>" + py(one) + "<|return|>", one},
	{"OpenThoughts", "<|begin_of_thought|>\n" + py(draft) + "<|end_of_thought|>\n\n<|begin_of_solution|>\n" + py(one) + "<|end_of_solution|>", one},
	{"Seed", "<seed:think>\n" + py(draft) + "</seed:think>" + py(one), one},

	// Bare code.
	{"bare", one, one},
	{"bare, prose before", "Here are the tests. They're simple (I hope:\n\n" + one, one},
	{"bare, prose after", one + "\nThese tests check that inc works. It's done.\n", one},
	{"bare, a list after", one + "\nExplanation:\n- `test_one` checks one (and only one.\n  It is short.\n- from zero, import matters\n", one},
	{"bare, headings", "# Unit tests\n\n" + one + "\n## Explanation\n\nNothing.\n", "# Unit tests\n\n" + one},
	{"bare, prose between", "First the imports:\nimport unittest\n\nThen for the class: it has one test.\n" + class + "\nand another, with 10:\n" + extra, "import unittest\n\n" + class + "\n" + extra},
	{"bare, prose between methods", class + "\nNow for zero:\n\n    def test_zero(self):\n        self.assertEqual(inc(0), 1)\n", class + "\n    def test_zero(self):\n        self.assertEqual(inc(0), 1)\n"},
	{"bare, a comment at the margin", class + "# and zero\n    def test_zero(self):\n# deep\n        self.assertEqual(inc(0), 1)\n", class + "# and zero\n    def test_zero(self):\n# deep\n        self.assertEqual(inc(0), 1)\n"},
	{"bare, prose that looks like code", "import the module first:\nfrom here on, class by class.\nfor each case:\nif you like:\nwith care, def is used.\nx equals y\n" + one, one},
	{"bare, with the main guard", one + "\nif __name__ == '__main__':\n    unittest.main()\n\nRun it.\n", one + "\nif __name__ == '__main__':\n    unittest.main()\n"},
	{"bare, all kinds of statements", "from typing import (List,\n    Dict)\nimport os, sys as system\nimport unittest\nx: int = 1\nx += 1\na, b = 1, 2\nd = {}\nd['k'] = [\n    1,\n]\nsys.setrecursionlimit(\n    1000)\ntry:\n    import numpy as np\nexcept ImportError:\n    np = None\n@dec(1)\nclass A: pass\n\n" + class, "from typing import (List,\n    Dict)\nimport os, sys as system\nimport unittest\nx: int = 1\nx += 1\na, b = 1, 2\nd = {}\nd['k'] = [\n    1,\n]\nsys.setrecursionlimit(\n    1000)\ntry:\n    import numpy as np\nexcept ImportError:\n    np = None\n@dec(1)\nclass A: pass\n\n" + class},
	{"bare, then output in a fence", one + "\nOutput:\n```\nOK\n```\n", one},
	{"bare, indented as a whole", indented(one, "    "), one},

	// What ends the turn.
	{"Llama", py(one) + "<|eot_id|>", one},
	{"Llama 2", py(one) + "</s>", one},
	{"Qwen, on the fence's line", strings.TrimSuffix(py(one), "\n") + "<|im_end|>\n<|im_start|>user\nMore!\n" + py(draft), one},
	{"bare, ended", one + "<|endoftext|>", one},
	{"bare, ended on the last line", strings.TrimSuffix(one, "\n") + "</s>", one},
	{"DeepSeek", py(one) + "<｜end▁of▁sentence｜>", one},
	{"Gemma", py(one) + "<end_of_turn>\n<eos>", one},
	{"a turn's header", "<|start_header_id|>assistant<|end_header_id|>\n\n" + py(one) + "<|eot_id|>", one},
	{"another prompt", py(one) + "\n### question\nWrite dec.\n\n### code solution\ndef dec(x): pass\n" + py(other), one},
	{"its own prompt first", "### question\nWrite inc.\n\n### unit test\n" + py(one), one},
	{"a token in a string", py(strings.Replace(one, "inc(1)", "inc(len(\"<|im_end|>\") - 9)", 1)), strings.Replace(one, "inc(1)", "inc(len(\"<|im_end|>\") - 9)", 1)},
}

func class0() string {
	return strings.TrimSuffix("import unittest\n"+class, "\n") + "\n\nunittest.main()\n"
}

func TestAnswers(t *testing.T) {
	for _, tt := range answers {
		t.Run(tt.name, func(t *testing.T) {
			x, err := ExtractUnittest(tt.text, false, map[string]bool{"inc": true})
			if err != nil {
				t.Fatalf("%v\n%s", err, tt.text)
			}
			if d := cmp.Diff(problem.Test{Kind: problem.Unittest, Code: tt.want}, x.Tests[0]); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// The programs of the table are some for Python, too.
func TestAnswersCompile(t *testing.T) {
	var programs []string
	for _, tt := range answers {
		if tt.name != "tildes around backticks" {
			programs = append(programs, tt.want)
		}
	}
	in, err := json.Marshal(programs)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("python3", "-c", "import ast, json, sys\nfor p in json.load(sys.stdin): ast.parse(p)")
	c.Stdin = bytes.NewReader(in)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
