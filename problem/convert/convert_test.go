package convert

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/problem"
)

// file writes lines of JSON to a temporary file.
func file(t *testing.T, lines ...any) string {
	t.Helper()
	var b bytes.Buffer
	for _, l := range lines {
		if err := problem.WriteLine(&b, l); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

type object = map[string]any

// balanced stands in for Python's parser: brackets must close.
func balanced(_ context.Context, programs []string) ([]bool, error) {
	out := make([]bool, len(programs))
	for i, p := range programs {
		out[i] = strings.Count(p, "(") == strings.Count(p, ")")
	}
	return out, nil
}

func codes[T any](list []T, of func(T) string) (out []string) {
	for _, v := range list {
		out = append(out, of(v))
	}
	return out
}

func TestPlain(t *testing.T) {
	set, err := Read(context.Background(), "evalplus", Input{
		Problems:  file(t, object{"task_id": "E/1", "prompt": "def f():\n", "canonical_solution": "    return 1\n", "entry_point": "f", "plus_input": []int{1}}),
		Solutions: file(t, object{"task_id": "E/1", "completion": "    return 2\n"}, object{"task_id": "E/1", "solution": "whole"}),
		Tests:     file(t, object{"task_id": "E/1", "test": "assert f()"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	p := set.Problems[0]
	if p.Canonical != "def f():\n    return 1\n" || string(p.Extra["plus_input"]) != "[1]" {
		t.Errorf("problem %+v", p)
	}
	got := codes(set.Solutions, func(s problem.Solution) string { return s.Code })
	if diff := cmp.Diff([]string{"def f():\n    return 2\n", "whole"}, got); diff != "" {
		t.Error(diff)
	}
	if len(set.Tests) != 1 || set.Tests[0].Code != "assert f()" {
		t.Errorf("tests %+v", set.Tests)
	}
}

func TestCodeT(t *testing.T) {
	prompt := "def f(x):\n"
	testPrompt := prompt + "    pass\n\n# check the correctness of f\nassert "
	set, err := Read(context.Background(), "codet", Input{
		Problems: file(t, object{"task_id": "H/1", "prompt": prompt, "entry_point": "f"}),
		Solutions: file(t, object{"prompt": prompt, "samples": []string{
			"    return x\n\nprint(f(1))", "    if x:\n        return 1\nif __name__:\n    f()", "    return 2"}}),
		Tests: file(t, object{"prompt": testPrompt, "samples": []string{
			"f(1) == 1\nassert f(2 == 2\nassert g(3)\nassert f(4) == 4\n# done\nassert f(5)",
			"",
			"f(1)\nassert f(2)\nassert f(3)\nassert f(4)\nassert f(5)\nassert f(6)\ndef g(): pass",
		}}),
		Valid: balanced,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := codes(set.Solutions, func(s problem.Solution) string { return s.Code })
	want := []string{prompt + "    return x\n", prompt + "    if x:\n        return 1", prompt + "    return 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("solutions: %s", diff)
	}
	got = codes(set.Tests, func(u problem.TestLine) string { return fmt.Sprintf("%d %d %s", u.Index, *u.Generation, u.Code) })
	want = []string{
		"0 0 assert f(1) == 1", "1 0 assert f(4) == 4", "2 0 assert f(5)",
		"3 2 assert f(1)", "4 2 assert f(2)", "5 2 assert f(3)", "6 2 assert f(4)", "7 2 assert f(5)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tests: %s", diff)
	}
}

func TestCodeRM(t *testing.T) {
	content := "Below is a question.\n\n### question\nWrite f.\n\n### code solution\ndef f():\n    return 1\n\nPlease add detailed comments to the test cases.\n"
	set, err := Read(context.Background(), "coderm", Input{
		Problems: file(t, object{"task_id": "H/1", "messages": []object{{"role": "user", "content": content}}}),
		Solutions: file(t, object{"task_id": "H/1", "solutions": []any{
			"plain", object{"solution": "good", "plus_status": "pass", "base_status": "pass"}, object{"code": "bad", "result": "fail"}}}),
		Tests: file(t, object{"task_id": "H/1", "unit_tests": []string{
			"import unittest\n\nclass T(unittest.TestCase):\n    pass\n\nsuite = unittest.TestLoader().loadTestsFromTestCase(T)\nresult = 1\n"}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	p := set.Problems[0]
	if p.Question != "Write f." || string(p.Extra[promptSolution]) != `"def f():\n    return 1"` {
		t.Errorf("question %q, shown %s", p.Question, p.Extra[promptSolution])
	}
	if l := set.Solutions; l[0].Label != nil || !*l[1].Label || *l[2].Label || l[2].Code != "bad" || string(l[1].Extra["base_status"]) != `"pass"` {
		t.Errorf("solutions %+v", l)
	}
	if want := "import unittest\n\nclass T(unittest.TestCase):\n    pass"; set.Tests[0].Code != want {
		t.Errorf("test %q", set.Tests[0].Code)
	}
}

// pickled packs tests as LiveCodeBench does: protocol 4, one string.
func pickled(t *testing.T, text string) string {
	t.Helper()
	body := append([]byte{0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 'X', byte(len(text)), byte(len(text) >> 8), 0, 0}, text...)
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	z.Write(append(body, 0x94, '.'))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func liveProblems(t *testing.T) []object {
	return []object{
		{"question_id": "abc", "question_content": "Add.", "starter_code": "", "difficulty": "easy", "platform": "atcoder", "metadata": "{}",
			"public_test_cases":  `[{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]`,
			"private_test_cases": pickled(t, `[{"input": "3 4\n", "output": "7\n", "testtype": "stdin"}]`)},
		{"question_id": "lc1", "question_content": "Call.", "starter_code": "class Solution:", "metadata": `{"func_name": "add"}`,
			"public_test_cases":  `[{"input": "1\n[2]", "output": "3", "testtype": "functional"}]`,
			"private_test_cases": `[{"input": "\"a\u2028b\"", "output": "Infinity", "testtype": "functional"}]`},
	}
}

func TestLiveCodeBench(t *testing.T) {
	problems := liveProblems(t)
	solutions := []object{{"question_id": "abc", "code_list": []string{"print(3)", "print(7)"}}, {"question_id": "lc1", "code_list": []string{"c"}}}
	for name, in := range map[string]Input{
		"lines": {Problems: file(t, problems[0], problems[1]), Solutions: file(t, solutions[0], solutions[1])},
		"lists": {Problems: file(t, problems), Solutions: file(t, solutions)},
	} {
		set, err := Read(context.Background(), "livecodebench", in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p := set.Problems; p[0].ID != "abc" || p[0].Difficulty != "easy" || p[0].Platform != "atcoder" || p[0].Checker.Kind != problem.CheckDecimals || p[1].Checker != (problem.Checker{}) || p[1].EntryPoint != "add" || p[1].Question != "Call.\n\nclass Solution:" {
			t.Errorf("%s: problems %+v", name, p)
		}
		stdio := func(in, out string) problem.Test {
			return problem.Test{Kind: problem.Stdio, Input: in, Expected: out, Compare: problem.Checker{Kind: problem.CheckDecimals}}
		}
		if diff := cmp.Diff([]problem.Test{stdio("1 2\n", "3\n")}, set.Problems[0].Public); diff != "" {
			t.Errorf("%s: public tests: %s", name, diff)
		}
		if len(set.Tests) > 0 || len(set.Hidden) != 2 || set.Hidden[0].Test != stdio("3 4\n", "7\n") {
			t.Errorf("%s: tests %v, hidden %v", name, set.Tests, set.Hidden)
		}
		for i, test := range []string{set.Problems[1].Public[0].Code, set.Hidden[1].Code} {
			want := []string{`_livecodebench("1\n[2]", "3")`, `_livecodebench("\"a\u2028b\"", "Infinity")`}[i]
			if !strings.HasSuffix(test, "\n"+want+"\n") {
				t.Errorf("%s: %s, want %s", name, test, want)
			}
		}
		got := codes(set.Solutions, func(s problem.Solution) string { return fmt.Sprint(s.TaskID, s.Index, s.Code) })
		if diff := cmp.Diff([]string{"abc0print(3)", "abc1print(7)", "lc10c"}, got); diff != "" {
			t.Errorf("%s: solutions: %s", name, diff)
		}
	}
}

func TestMistakesAreNamed(t *testing.T) {
	ok := func(t *testing.T) string { return file(t, object{"task_id": "a", "prompt": "p", "entry_point": "f"}) }
	for name, c := range map[string]struct {
		format string
		in     func(t *testing.T) Input
		want   string
	}{
		"unknown format": {"swebench", func(t *testing.T) Input { return Input{Problems: ok(t)} }, `"swebench" is unknown`},
		"no problems":    {"codet", func(*testing.T) Input { return Input{} }, "needs a problems file"},
		"stray prompt": {"codet", func(t *testing.T) Input {
			return Input{Problems: ok(t), Solutions: file(t, object{"prompt": "other", "samples": []string{}})}
		}, `in.jsonl:1: no problem has the prompt "other"`},
		"stray solutions": {"coderm", func(t *testing.T) Input {
			return Input{Problems: file(t, object{"task_id": "a", "messages": []object{{"content": "q"}}}), Solutions: file(t, object{"task_id": "b"})}
		}, `"b" is not in the problems file`},
		"no program": {"coderm", func(t *testing.T) Input {
			return Input{Problems: file(t, object{"task_id": "a", "messages": []object{{"content": "q"}}}), Solutions: file(t, object{"task_id": "a", "solutions": []object{{}}})}
		}, `solution 0: no "solution"`},
		"no question": {"livecodebench", func(t *testing.T) Input { return Input{Problems: file(t, object{"question_id": "a"})} }, `"question_content"`},
		"no list of codes": {"livecodebench", func(t *testing.T) Input {
			return Input{Problems: file(t, liveProblems(t)), Solutions: file(t, []object{{"question_id": "abc", "code_list": []string{"x"}}, {"question_id": "abc"}})}
		}, "in.jsonl: element 1 of the list: question_id \"abc\": no code_list"},
		"no function": {"livecodebench", func(t *testing.T) Input {
			return Input{Problems: file(t, object{"question_id": "a", "question_content": "q", "metadata": object{"func_name": "f; import os"},
				"private_test_cases": `[{"input": "1", "output": "3", "testtype": "functional"}]`})}
		}, "is no name"},
		"broken tests": {"livecodebench", func(t *testing.T) Input {
			return Input{Problems: file(t, object{"question_id": "a", "question_content": "q", "private_test_cases": "!"})}
		}, "neither JSON nor base64"},
	} {
		_, err := Read(context.Background(), c.format, c.in(t))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func FuzzUnpickleString(f *testing.F) {
	f.Add([]byte{0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x8c, 2, 'h', 'i', 0x94, '.'})
	f.Add([]byte{0x80, 2, 'X', 2, 0, 0, 0, 'h', 'i', 'q', 0, '.'})
	f.Add([]byte{0x80, 4, 0x8d, 255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := unpickleString(b)
		if err == nil && !bytes.Contains(b, text) {
			t.Fatal("the string is not in the pickle")
		}
	})
}

func FuzzReadFormats(f *testing.F) {
	f.Add("codet", []byte(`{"task_id": "a", "prompt": "p", "entry_point": "f"}`), []byte(`{"prompt": "p    pass\n\n# check the correctness of f\nassert ", "samples": ["f(1)"]}`))
	f.Add("coderm", []byte(`{"task_id": "a", "messages": [{"content": "### question\nq"}]}`), []byte(`{"task_id": "a", "unit_tests": ["t"]}`))
	f.Add("livecodebench", []byte(`{"question_id": "a", "question_content": "q", "public_test_cases": "[{}]"}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, name string, problems, tests []byte) {
		dir := t.TempDir()
		in := Input{Problems: filepath.Join(dir, "p"), Tests: filepath.Join(dir, "t"), Valid: balanced}
		if os.WriteFile(in.Problems, problems, 0o644) != nil || os.WriteFile(in.Tests, tests, 0o644) != nil {
			t.Fatal("the inputs were not written")
		}
		set, err := Read(context.Background(), name, in)
		if err != nil {
			return
		}
		for _, p := range set.Problems {
			if _, err := json.Marshal(p); err != nil {
				t.Fatalf("read, but cannot be written: %v", err)
			}
		}
	})
}
