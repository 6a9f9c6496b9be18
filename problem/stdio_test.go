package problem

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Tests of programs are written as stdin and expected and read back; the marked
// text that stood for them before is read, too.
func TestStdioInFiles(t *testing.T) {
	problems := []Problem{{ID: "a", Question: "q", Public: []string{Stdio{Input: "1\n", Expected: "<2>"}.Text(), "assert f() == 1"}}}
	for _, want := range []Stdio{{}, {Input: "\x00é\r\n", Expected: "2"}, {Input: "1", Expected: "0.5", Compare: CompareDecimals}} {
		line, err := json.Marshal(UnitTest{TaskID: "a", Style: StyleStdio, Code: want.Text()})
		if err != nil {
			t.Fatal(err)
		}
		old, _ := json.Marshal(map[string]string{"task_id": "a", "test": want.Text()})
		path := filepath.Join(t.TempDir(), "tests.jsonl")
		if err := os.WriteFile(path, append(append(line, '\n'), old...), 0o644); err != nil {
			t.Fatal(err)
		}
		tests, err := ReadTests(path, problems)
		if err != nil || len(tests[0]) != 2 {
			t.Fatalf("%s: %v, %v", line, tests, err)
		}
		for _, got := range tests[0] {
			if s, ok := ParseStdio(got.Code); !ok || s != want || got.Style != StyleStdio {
				t.Errorf("%s: read %+v", line, got)
			}
		}
		if strings.Contains(string(line), `"test"`) {
			t.Errorf("%s: written as a text", line)
		}
	}
	line, err := json.Marshal(problems[0])
	if err != nil {
		t.Fatal(err)
	}
	var back Problem
	if err := json.Unmarshal(line, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(problems[0], back); d != "" {
		t.Errorf("%s: (-want +got):\n%s", line, d)
	}
}

func TestStdioMistakes(t *testing.T) {
	for line, want := range map[string]string{
		`{"task_id": "a", "stdin": "1"}`:                                        "only one is there",
		`{"task_id": "a", "stdin": "1", "expected": 2}`:                         `field "expected" is a number`,
		`{"task_id": "a", "stdin": "1", "expected": "2", "compare": "loosely"}`: `compare "loosely" is unknown`,
		`{"task_id": "a"}`: `no "test" or "tests"`,
	} {
		if _, err := parseTests([]byte(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}

func FuzzParseStdio(f *testing.F) {
	f.Add(Stdio{Input: "1", Expected: "2", Compare: CompareDecimals}.Text())
	f.Add(stdioMark + `["1"]`)
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := ParseStdio(text)
		if !ok {
			return
		}
		if again, ok := ParseStdio(s.Text()); !ok || again != s {
			t.Fatalf("%q is read as %+v, and that as %+v", text, s, again)
		}
	})
}
