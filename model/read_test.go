package model

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
)

func TestReadAnswers(t *testing.T) {
	calls := func(inputs ...string) (out []problem.Test) {
		for _, in := range inputs {
			out = append(out, problem.Test{Kind: problem.Call, Input: in})
		}
		return out
	}
	inputs := func(texts ...string) (out []problem.Test) {
		for _, text := range texts {
			out = append(out, problem.Test{Kind: problem.Stdin, Input: text})
		}
		return out
	}
	tests := []struct {
		name      string
		extract   problem.Kind
		text      string
		truncated bool
		want      []problem.Test
	}{
		{"calls in a block", problem.Call, "Sure:\n```python\nadd(1, 2)\nadd([1,\n 2], \"a)\")  # lists\nadd(1, 2)\n```\nDone, add(9, 9).", false, calls("add(1, 2)", "add([1,\n 2], \"a)\")")},
		{"in a list", problem.Call, "1. `add(0, 0)`\n2. add(-1, 1) - don't forget it\n* **add(x, y)**\n", false, calls("add(0, 0)", "add(-1, 1)")},
		{"printed, asserted, in a session", problem.Call, "```\nprint(add(1, 2))\nassert add(3, 4) == 7\n>>> add(5, 6)\n```", false, calls("add(1, 2)", "add(3, 4)", "add(5, 6)")},
		{"a definition is none", problem.Call, "```python\ndef add():\n    return 1\n```", false, nil},
		{"the last is cut off", problem.Call, "```python\nadd(1, 2)\nadd(3, 4", true, calls("add(1, 2)")},
		{"two in a line", problem.Call, "add(1, 1) add(2, 2)", false, calls("add(1, 1)", "add(2, 2)")},
		{"after thinking", problem.Call, "<think>\nadd(7, 7)\n</think>\nadd(8, 8)", false, calls("add(8, 8)")},
		{"names stand for nothing", problem.Call, "add(a, b)", false, nil},

		{"asserts in a block", problem.Assert, "```python\nassert add(1, 2) == 3\nx = 1\nassert add(2, 2) == 4, \"two\"\nassert add(1, 2) == 3\n```", false, asserts([]string{"assert add(1, 2) == 3", "assert add(2, 2) == 4, \"two\""})},
		{"asserts in a function", problem.Assert, "```python\ndef test():\n    assert add(1, 2) == 3\n    assert other(1)\n```", false, asserts([]string{"assert add(1, 2) == 3"})},
		{"asserts without a block", problem.Assert, "Here:\nassert add(1, 2) == 3\nassert add(1, ", true, asserts([]string{"assert add(1, 2) == 3"})},
		{"none", problem.Assert, "I cannot.", false, nil},

		{"as UTRL asks for", problem.Stdio, "<reasoning>\nInput: none\n</reasoning>\n```\nInput:\n2\n1 2\n\nOutput:\n3\n```\n\n<reasoning>more</reasoning>\n```\nInput:\n0\nOutput:\n0\n```\n", false, []problem.Test{problem.StdioTest("2\n1 2\n", "3"), problem.StdioTest("0\n", "0")}},
		{"as CURE asks for", problem.Stdio, "So:\n**Test Input:** \"2\\n1 2\"\n**Test Output:** \"3\"\n**Explanation:** one and two.", false, []problem.Test{problem.StdioTest("2\n1 2\n", "3")}},
		{"the same with fences", problem.Stdio, "**Test Input:**\n```plaintext\n2\n1 2\n```\n**Test Output:**\n```\n3\n```\n**Explanation:**\nInput: x", false, []problem.Test{problem.StdioTest("2\n1 2\n", "3")}},
		{"the question's words", problem.Stdio, "Input: two numbers\nOutput: their sum\n\n```\nInput:\n1 2\nOutput:\n3\n```", false, []problem.Test{problem.StdioTest("1 2\n", "3")}},
		{"without marks", problem.Stdio, "Input: 1 2\nOutput: 3\n\nInput: 4 5\nOutput: 9", false, []problem.Test{problem.StdioTest("1 2\n", "3"), problem.StdioTest("4 5\n", "9")}},
		{"cut off within", problem.Stdio, "```\nInput:\n1 2\nOutput:\n3\n```\n```\nInput:\n4 5\nOutput:\n1", true, []problem.Test{problem.StdioTest("1 2\n", "3")}},
		{"an input alone", problem.Stdio, "Input:\n1 2\n", false, nil},

		{"JSON", problem.Stdio, "Tests:\n```json\n[{\"input\": \"2\\n1 2\\n\", \"output\": \"3\"},\n {\"stdin\": \"0\", \"expected_output\": 0}]\n```", false, []problem.Test{problem.StdioTest("2\n1 2\n", "3"), problem.StdioTest("0\n", "0")}},
		{"JSON with lists", problem.Stdio, "{\"tests\": [{\"input\": [\"2\", [1, 2]], \"output\": [\"3\"]}]}", false, []problem.Test{problem.StdioTest("2\n1 2\n", "3")}},
		{"JSON by columns", problem.Stdio, "{\"inputs\": [\"1\", \"2\"],\n\"outputs\": [\"1\", \"4\"]}", false, []problem.Test{problem.StdioTest("1\n", "1"), problem.StdioTest("2\n", "4")}},
		{"JSON of pairs", problem.Stdio, "[[\"1\", \"1\"], [\"2\", \"4\"]]", false, []problem.Test{problem.StdioTest("1\n", "1"), problem.StdioTest("2\n", "4")}},
		{"JSON cut off", problem.Stdio, "[{\"input\": \"1\", \"output\": \"1\"}, {\"input\": \"2", true, []problem.Test{problem.StdioTest("1\n", "1")}},
		{"JSON of something else", problem.Stdio, "{\"name\": \"x\", \"input\": {\"a\": 1}, \"output\": null}", false, nil},
		{"asserts on text", problem.Stdio, "```python\nassert solve(\"2\\n1 2\") == \"3\\n\"\nassert run('0').strip() == 0\nassert len(x) == 3\nassert f('a', 'b') == 'c'\n```", false, []problem.Test{problem.StdioTest("2\n1 2\n", "3"), problem.StdioTest("0\n", "0")}},
		{"twice the same", problem.Stdio, "Input: 1\nOutput: 2\n\nInput: 1\nOutput: 2", false, []problem.Test{problem.StdioTest("1\n", "2")}},

		{"inputs after labels", problem.Stdin, "Input:\n1 2\n\nInput: 3 4\nOutput: 7\n", false, inputs("1 2\n", "3 4\n")},
		{"inputs in fences", problem.Stdin, "First:\n```\n2\n1 2\n```\n```python\nprint(1)\n```\n```text\n0\n```", false, inputs("2\n1 2\n", "0\n")},
		{"inputs in JSON", problem.Stdin, "[\"1 2\", {\"input\": \"3\"}, \"1 2\"]", false, inputs("1 2\n", "3\n")},
		{"the last input cut off", problem.Stdin, "```\n1\n```\n```\n2 3", true, inputs("1\n")},
		{"no inputs", problem.Stdin, "I cannot.", false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x, err := Prompt{Extract: tt.extract}.Read(Answer{Completion: tt.text, Truncated: tt.truncated, EntryPoint: "add"})
			if (err == nil) != (tt.want != nil) {
				t.Errorf("err = %v", err)
			}
			if x.Lines != nil && len(x.Lines) != len(x.Tests) {
				t.Errorf("%d tests with %d places", len(x.Tests), len(x.Lines))
			}
			if d := cmp.Diff(tt.want, x.Tests); d != "" {
				t.Errorf("tests (-want +got):\n%s", d)
			}
		})
	}
}

// What a raw prompt's last line began belongs to the answer, and MaxTests bounds what
// counts of it.
func TestReadRaw(t *testing.T) {
	p := Prompt{Extract: problem.Call, Raw: true, MaxTests: 2}
	x, err := p.Read(Answer{Completion: "1, 2)\nadd(3, 4)\nadd(5, 6)\n", Lead: "add(", EntryPoint: "add"})
	if err != nil || len(x.Tests) != 2 || x.Tests[0].Input != "add(1, 2)" || x.Tests[1].Input != "add(3, 4)" {
		t.Errorf("%+v, %v", x.Tests, err)
	}
}

// Whatever a model writes, reading it ends, and what was read stands in it.
func FuzzRead(f *testing.F) {
	f.Add("```python\nadd(1, 2)\n```", true)
	f.Add("**Test Input:** \"1\"\n**Test Output:** 2", false)
	f.Add("```\nInput:\n1\nOutput:\n2\n```", false)
	f.Add("assert add('\\\n", true)
	f.Add("[{\"input\": \"1\", \"output\": [1, [2, \"a\"]]}, {\"in", true)
	f.Add("{\"tests\": [{\"inputs\": [\"1\"], \"outputs\": [\"\"]}]}", false)
	f.Add("assert f('1').strip() == '2'\n", false)
	f.Fuzz(func(t *testing.T, text string, truncated bool) {
		for _, kind := range []problem.Kind{problem.Call, problem.Assert, problem.Stdio, problem.Stdin} {
			x, err := Prompt{Extract: kind}.Read(Answer{Completion: text, Truncated: truncated, EntryPoint: "add"})
			if (err == nil) != (len(x.Tests) > 0) {
				t.Fatalf("%s: %d tests, %v", kind, len(x.Tests), err)
			}
			lines := len(strings.Split(newlines.Replace(text), "\n"))
			last := 0
			for _, c := range x.Cut {
				if c.First <= last || c.Last < c.First || c.Last > lines {
					t.Errorf("%s: cut %+v of %d lines, after line %d", kind, c, lines, last)
				}
				last = c.Last
			}
			for _, test := range x.Tests {
				if test.Kind != kind || kind == problem.Call && !strings.HasPrefix(test.Input, "add(") {
					t.Errorf("%s: %+v", kind, test)
				}
			}
		}
	})
}
