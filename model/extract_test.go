package model

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
)

const classA = `import unittest

class TestAdd(unittest.TestCase):
    # two small numbers
    def test_small(self):
        self.assertEqual(add(1, 2), 3)

    @unittest.expectedFailure
    def test_big(self):
        self.assertEqual(add(
            10**9,
            1), 10**9 + 1)
`

func TestExtractUnittest(t *testing.T) {
	names := map[string]bool{"add": true}
	tests := []struct {
		name, text string
		truncated  bool
		want       string
		cut        []string // of each cut its reason
		err        error
	}{
		{name: "fenced, prose around", text: "Sure!\n```python\n" + classA + "```\nThese tests…", want: classA, cut: []string{"prose", "prose"}},
		{name: "plain fence", text: "```\n" + classA + "```", want: classA},
		{name: "bare code", text: "Here it is:\n" + classA, want: classA, cut: []string{"prose"}},
		{name: "other language first", text: "```bash\npython -m unittest\n```\n```py\n" + classA + "```\n", want: classA, cut: []string{"a block that is not Python"}},
		{
			name: "repeated answer in its own block",
			text: "```python\ndef add(a, b):\n    return a+b\n```\n```python\n" + classA + "```",
			want: classA, cut: []string{"a block of code without tests"},
		},
		{
			name: "repeated answer in the same block, helper kept",
			text: "```python\ndef helper():\n    return 1\n\ndef add(a, b):\n    return a+b\n\n" + classA + "```",
			want: "def helper():\n    return 1\n\n" + classA, cut: []string{"its own definition of add"},
		},
		{
			name: "truncated inside a method: whole methods stay", truncated: true,
			text: "```python\n" + strings.TrimSuffix(classA, " + 1)\n"),
			want: classA[:strings.Index(classA, "\n    @unittest")], cut: []string{"an unfinished end"},
		},
		{
			name: "truncated at the next method's comment", truncated: true,
			text: "```python\n" + classA + "\n    # and then", want: classA, cut: []string{"an unfinished end"},
		},
		{
			name: "truncated in a class of pytest", truncated: true,
			text: "```python\nclass TestAdd:\n    def test_a(self):\n        assert add(1, 2) == 3\n\n    def test_b(self):\n        assert add(", want: "class TestAdd:\n    def test_a(self):\n        assert add(1, 2) == 3\n", cut: []string{"an unfinished end"},
		},
		{
			name: "truncated in a function of pytest", truncated: true,
			text: "```python\nimport pytest\n\ndef test_a():\n    assert add(1, 2) == 3\n\n@pytest.mark.parametrize('a, b', [(1, 2)])\ndef test_b(a, b):\n    with pytest.raises(", want: "import pytest\n\ndef test_a():\n    assert add(1, 2) == 3\n", cut: []string{"an unfinished end"},
		},
		{
			name: "truncated in a list of parameters", truncated: true,
			text: "```python\nimport pytest\n\ndef test_a():\n    assert add(1, 2) == 3\n\n@pytest.mark.parametrize('a, b', [(1, 2),\n    (3,", want: "import pytest\n\ndef test_a():\n    assert add(1, 2) == 3\n", cut: []string{"an unfinished end"},
		},
		{
			name: "truncated after a decorator", truncated: true,
			text: "```python\n" + classA + "\n    @unittest.skip('x')\n    @unittest", want: classA, cut: []string{"an unfinished end"},
		},
		{
			name: "truncated inside the first method of a second class", truncated: true,
			text: "```python\n" + classA + "\nclass TestMore(unittest.TestCase):\n    @unittest.skip('x')\n    def test_a(self):\n        self.as", want: classA, cut: []string{"an unfinished end"},
		},
		{
			name: "truncated before the first test of a second class", truncated: true,
			text: "```python\n" + classA + "\nclass TestMore(unittest.TestCase):\n    x = [1,", want: classA, cut: []string{"an unfinished end"},
		},
		{
			name: "truncated inside the first method", truncated: true,
			text: "```python\nimport unittest\n\nclass TestAdd(unittest.TestCase):\n    def test_a(self):\n        self.assert",
			cut:  []string{"a block of code without tests", "an unfinished end"}, err: ErrNoWhole,
		},
		{
			name: "two classes", text: "```python\n" + classA + "\nclass TestMore(unittest.TestCase):\n    def test_m(self):\n        pass\n```",
			want: classA + "\nclass TestMore(unittest.TestCase):\n    def test_m(self):\n        pass\n",
		},
		{name: "main guard stays", text: "```python\n" + classA + "\nif __name__ == '__main__':\n    unittest.main()\n```", want: classA + "\nif __name__ == '__main__':\n    unittest.main()\n"},
		{name: "triple quotes hide a fake class", text: "```python\nx = '''\ndef add(): pass\n'''\n" + classA + "```", want: "x = '''\ndef add(): pass\n'''\n" + classA},
		{
			name: "a class without tests", text: "```python\nclass TestAdd(unittest.TestCase):\n    pass\n```",
			cut: []string{"a block of code without tests"}, err: ErrNoTests,
		},
		{name: "prose", text: "I cannot do that.", cut: []string{"prose"}, err: ErrNoCode},
		{name: "empty", text: "", err: ErrNoCode},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := ExtractUnittest(tt.text, tt.truncated, names)
			if !errors.Is(err, tt.err) {
				t.Fatalf("err = %v, want %v", err, tt.err)
			}
			var why []string
			for _, c := range x.Cut {
				why = append(why, c.Why)
			}
			if d := cmp.Diff(tt.cut, why); d != "" {
				t.Errorf("cut (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.want, codes(x)); d != "" {
				t.Errorf("code (-want +got):\n%s", d)
			}
		})
	}
}

// codes are the programs of an extraction, one after the other.
func codes(x Extraction) string {
	var b strings.Builder
	for _, t := range x.Tests {
		b.WriteString(t.Code)
	}
	return b.String()
}

func asserts(codes []string) (out []problem.Test) {
	for _, code := range codes {
		out = append(out, problem.Test{Kind: problem.Assert, Code: code})
	}
	return out
}

func TestExtractAsserts(t *testing.T) {
	tests := []struct {
		name, text string
		truncated  bool
		want       []string
		cut        []problem.Cut
	}{
		{"the usual", "[1, 2]) == 3\nassert add([]) == 0\n", false, []string{"assert add([1, 2]) == 3", "assert add([]) == 0"}, nil},
		{"truncated last line", "1) == 1\nassert add(2) == 2", true, []string{"assert add(1) == 1"}, []problem.Cut{{First: 2, Last: 2, Why: "an unfinished end"}}},
		{"open bracket at the end", "1) == 1\nassert add([2, ", false, []string{"assert add(1) == 1"}, []problem.Cut{{First: 2, Last: 2, Why: "an unfinished end"}}},
		{"over two lines", "[1,\n  2]) == 3\n", false, []string{"assert add([1,\n  2]) == 3"}, nil},
		{
			"other statements between", "1) == 1\nx = 3\nassert foo(3)\nassert add(4) == 4\n", false, []string{"assert add(1) == 1", "assert add(4) == 4"},
			[]problem.Cut{{First: 2, Last: 3, Why: "no assert that calls add"}},
		},
		{
			"repeats count once, five at most", "1)\nassert add(1)\nassert add(2)\nassert add(3)\nassert add(4)\nassert add(5)\nassert add(6)\n", false,
			[]string{"assert add(1)", "assert add(2)", "assert add(3)", "assert add(4)", "assert add(5)"},
			[]problem.Cut{{First: 2, Last: 2, Why: "an assert said before"}, {First: 7, Last: 7, Why: "asserts after the first 5"}},
		},
		{"call inside", "abs(-1)) == 1\nassert abs(add(2)) == 2\n", false, []string{"assert add(abs(-1)) == 1", "assert abs(add(2)) == 2"}, nil},
		{"CRLF", "1) == 1\r\nassert add([\r\n2]) == 2\r\n", false, []string{"assert add(1) == 1", "assert add([\n2]) == 2"}, nil},
		{"the end of the turn", "1) == 1\nassert add(2) == 2<|im_end|>\nassert add(3) == 3", true, []string{"assert add(1) == 1", "assert add(2) == 2"}, []problem.Cut{{First: 3, Last: 3, Why: "a turn after the answer"}}},
		{"nothing", "I think that", false, nil, []problem.Cut{{First: 1, Last: 1, Why: "an unfinished end"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := CodeT().Read(Answer{Completion: tt.text, Truncated: tt.truncated, Lead: "assert add(", EntryPoint: "add"})
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("err = %v", err)
			}
			if d := cmp.Diff(asserts(tt.want), x.Tests); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(tt.cut, x.Cut); d != "" {
				t.Errorf("cut (-want +got):\n%s", d)
			}
		})
	}
}

func TestTopBlocks(t *testing.T) {
	src := "import a\nif x:\n    y\nelse:\n    z\n\n@dec\n# why\n@dec2(1,\n 2)\nasync def f():\n\treturn (1,\n2)\nlast = 1\n"
	var heads []string
	for _, b := range topBlocks(src) {
		heads = append(heads, b.head)
	}
	want := []string{"import a", "if x:", "async def f():", "last = 1"}
	if d := cmp.Diff(want, heads); d != "" {
		t.Error(d)
	}
	if got := DefinedNames(src); !got["f"] || len(got) != 1 {
		t.Errorf("DefinedNames = %v", got)
	}
}

// Whatever a model writes, extraction ends, what it returns is made of pieces of
// the completion in their order, and every line is in the test, is cut or is markup.
func FuzzExtract(f *testing.F) {
	f.Add("```python\n"+classA+"```", true)
	f.Add(classA, false)
	f.Add("```\n'''\n```\n\\", true)
	f.Add("x = (\n\"", false)
	for _, tt := range answers {
		f.Add(tt.text, false)
	}
	f.Fuzz(func(t *testing.T, text string, truncated bool) {
		x, err := ExtractUnittest(text, truncated, map[string]bool{"add": true})
		if (err == nil) != (len(x.Tests) == 1) {
			t.Fatalf("%d tests, %v", len(x.Tests), err)
		}
		code := codes(x)
		if err == nil && !hasTests(code) {
			t.Errorf("a test without tests: %q", code)
		}
		text = newlines.Replace(text)
		rest := text
		for line := range strings.Lines(code) {
			piece := strings.Trim(line, " \t\n")
			i := strings.Index(rest, piece)
			if i < 0 {
				t.Errorf("line %q is not in the completion, or out of order", line)
				break
			}
			rest = rest[i+len(piece):]
		}
		all := strings.Split(text, "\n")
		last := 0
		for _, c := range x.Cut {
			if c.First <= last || c.Last < c.First || c.Last > len(all) || c.Why == "" {
				t.Errorf("cut %+v of %d lines, after line %d", c, len(all), last)
			}
			last = c.Last
		}
		asserts, _ := CodeT().Read(Answer{Completion: text, Truncated: truncated, Lead: "assert add(", EntryPoint: "add"})
		if len(asserts.Tests) > CodeT().MaxTests {
			t.Errorf("%d asserts", len(asserts.Tests))
		}
	})
}
