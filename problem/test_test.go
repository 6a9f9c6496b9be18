package problem

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// marked is how a Stdio stood among strings before it had fields.
func marked(parts ...string) string {
	list, _ := json.Marshal(parts)
	return stdioMark + string(list)
}

// Tests of every kind are written to tests files and problems and read back.
func TestKindsInFiles(t *testing.T) {
	want := []Test{
		{Kind: Assert, Code: "assert f() < 1"}, {Kind: Unittest, Code: "class T:\n    pass"},
		{Kind: Assert, Code: "def g():\n    pass\n"}, {Kind: Unittest, Code: "assert f()"}, {Kind: Assert},
		{Kind: Stdio}, {Kind: Stdio, Input: "\x00é\r\n", Expected: "<2>"}, {Kind: Stdio, Input: "1", Expected: "0.5", Compare: Checker{Kind: CheckDecimals}},
		{Kind: Call, Input: "f([1, 2])"},
	}
	p := Problem{ID: "a", Question: "q", Public: want}
	var lines []string
	for _, test := range want {
		line, err := json.Marshal(TestLine{TaskID: "a", Test: test})
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(line), `"test"`) != (test.Kind == Assert || test.Kind == Unittest) {
			t.Errorf("%v is written as %s", test, line)
		}
		lines = append(lines, string(line))
	}
	got, err := ReadTests(file(t, strings.Join(lines, "\n")), []Problem{p})
	if err != nil {
		t.Fatal(err)
	}
	var read []Test
	for _, line := range got[0] {
		read = append(read, line.Test)
	}
	if d := cmp.Diff(want, read); d != "" {
		t.Errorf("tests file (-want +got):\n%s", d)
	}
	line, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Problem
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, back.Public); d != "" {
		t.Errorf("public tests in %s (-want +got):\n%s", line, d)
	}
}

// The marked strings of older files are read wherever a test may be a string.
func TestOldMark(t *testing.T) {
	text := marked("1\n", "0.5", "decimals")
	line := func(fields map[string]any) string {
		fields["task_id"] = "a"
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	path := filepath.Join(t.TempDir(), "tests.jsonl")
	content := line(map[string]any{"test": text}) + "\n" + line(map[string]any{"test": text, "style": "stdio"}) + "\n" + line(map[string]any{"tests": []string{text}})
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	var p Problem
	if err := json.Unmarshal([]byte(line(map[string]any{"question": "q", "public_tests": []string{text}})), &p); err != nil {
		t.Fatal(err)
	}
	tests, err := ReadTests(path, []Problem{p})
	if err != nil {
		t.Fatal(err)
	}
	want := Test{Kind: Stdio, Input: "1\n", Expected: "0.5", Compare: Checker{Kind: CheckDecimals}}
	if len(tests[0]) != 3 || len(p.Public) != 1 || p.Public[0] != want {
		t.Fatalf("read %v and %v", tests[0], p.Public)
	}
	for _, got := range tests[0] {
		if got.Test != want {
			t.Errorf("read %+v", got)
		}
	}
	for _, other := range []string{marked("1"), marked("1", "2", "loosely"), stdioMark + "{}", "\x00"} {
		if got := textTest(other); got.Kind != Assert || got.Code != other {
			t.Errorf("%q is read as %+v", other, got)
		}
	}
}

// A list may mix kinds; a style is that of its strings.
func TestListOfTests(t *testing.T) {
	got, err := parseTests([]byte(`{"task_id": "a", "style": "unittest", "tests": ["assert f()", {"stdin": "1", "expected": "2"}, {"test": "assert g()"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []TestLine{
		{TaskID: "a", Test: Test{Kind: Unittest, Code: "assert f()"}}, {TaskID: "a", Test: StdioTest("1", "2")},
		{TaskID: "a", Test: Test{Kind: Assert, Code: "assert g()"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestTestMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`{"task_id": "a", "stdin": "1"}`:                                        "only one is there",
		`{"task_id": "a", "stdin": "1", "expected": 2}`:                         `field "expected" is a number`,
		`{"task_id": "a", "stdin": "1", "expected": "2", "compare": "loosely"}`: `checker "loosely" is unknown`,
		`{"task_id": "a"}`:                                                     `no "test" or "tests"`,
		`{"task_id": "a", "style": "assert"}`:                                  `no "test" or "tests"`,
		`{"task_id": "a", "test": "x", "stdin": "1", "expected": "2"}`:         "more than one test",
		`{"task_id": "a", "call": "f()", "test": "x"}`:                         "more than one test",
		`{"task_id": "a", "call": 3}`:                                          `field "call" is a number`,
		`{"task_id": "a", "test": "x", "style": "stdio"}`:                      `style "stdio" does not go with a test of kind assert`,
		`{"task_id": "a", "stdin": "1", "expected": "2", "style": "unittest"}`: `style "unittest" does not go with a test of kind stdio`,
		`{"task_id": "a", "tests": ["x", 3]}`:                                  "tests, number 1: a test is a string, or an object",
		`{"task_id": "a", "tests": ["x", null]}`:                               "tests, number 1: a test is a string, or an object",
		`{"task_id": "a", "tests": [{"stdin": ""}]}`:                           "tests, number 0: a test of a program has",
		`{"task_id": "a", "tests": [{"input": ""}]}`:                           `tests, number 0: no "test", nor "stdin"`,
		`{"task_id": "a", "tests": "x"}`:                                       `field "tests" is a string`,
	} {
		if _, err := parseTests([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

// Whatever is read as a test is written and read again as the same.
func FuzzTest(f *testing.F) {
	for _, seed := range []any{"assert 1", marked("1", "2", "decimals"), marked("1"), Test{Kind: Call, Input: "f()"}, map[string]string{"test": "def f(): pass", "style": "assert"}} {
		b, err := json.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var test, again Test
		if json.Unmarshal(b, &test) != nil {
			return
		}
		out, err := json.Marshal(test)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &again); err != nil || again != test {
			t.Fatalf("%s is read as %+v, %s as %+v (%v)", b, test, out, again, err)
		}
	})
}
