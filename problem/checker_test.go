package problem

import (
	"encoding/json"
	"strings"
	"testing"
)

var checkers = []Checker{
	{}, {Kind: CheckLines}, {Kind: CheckDecimals}, {Kind: CheckUnordered},
	{Kind: CheckTolerance, Absolute: 1e-6}, {Kind: CheckTolerance, Absolute: 1e-9, Relative: 0.5},
	{Kind: CheckPython, Source: "import sys\nsys.exit(1 < 2)\n"},
	{Kind: CheckUnsupported, Language: "C++ (testlib)"},
}

func TestCheckersAreReadAsWritten(t *testing.T) {
	for _, c := range checkers {
		if got, err := ParseChecker(c.Text()); err != nil || got != c {
			t.Errorf("%q: %+v, %v", c.Text(), got, err)
		}
		for _, in := range []Test{StdioTest("1", "2"), {Kind: Stdio, Expected: "3", Compare: c}} {
			p := Problem{ID: "a", Question: "q", Checker: c, Public: []Test{in}, Platform: "codeforces", Difficulty: "1400"}
			b, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var got Problem
			if err := json.Unmarshal(b, &got); err != nil || got.Checker != c || got.Public[0] != in || got.Platform != p.Platform || got.Difficulty != p.Difficulty || got.Extra != nil {
				t.Errorf("%s: %+v, %v", b, got, err)
			}
			line, err := json.Marshal(TestLine{TaskID: "a", Test: in})
			if err != nil {
				t.Fatal(err)
			}
			var read TestLine
			if err := json.Unmarshal(line, &read); err != nil || read.Test != in {
				t.Errorf("%s: %+v, %v", line, read, err)
			}
		}
	}
}

func TestCheckersThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		`"exact"`:                               "unknown",
		`"tolerance"`:                           "needs",
		`{"kind": "tolerance", "absolute": -1}`: "no error",
		`{"kind": "tolerance", "relative": 1e999}`:         "a checker is",
		`{"kind": "python"}`:                               "needs",
		`{"kind": "unsupported"}`:                          "needs",
		`{"kind": "lines", "absolute": 1}`:                 "belongs to another kind",
		`{"kind": "python", "source": "", "absolute": 1}`:  "needs",
		`{"kind": "python", "code": "pass"}`:               "a checker is",
		`3`:                                                "a checker is",
		`"#include \"testlib.h\"\nint main() {return 0;}"`: "unknown",
	} {
		var p Problem
		err := json.Unmarshal([]byte(`{"task_id": "a", "question": "q", "checker": `+text+`}`), &p)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "checker") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// Difficulties of other files may be numbers; they stay what they are.
func TestOtherDifficulties(t *testing.T) {
	var p Problem
	if err := json.Unmarshal([]byte(`{"task_id": "a", "question": "q", "difficulty": 7, "platform": null}`), &p); err != nil || p.Difficulty != "" || string(p.Extra["difficulty"]) != "7" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestATestGoesByItsOwnCheckerFirst(t *testing.T) {
	p := Problem{Checker: Checker{Kind: CheckUnordered}}
	own := Test{Kind: Stdio, Compare: Checker{Kind: CheckLines}}
	if got := p.Judged(own); got != own {
		t.Errorf("%+v", got)
	}
	if got := p.Judged(StdioTest("", "")); got.Compare != p.Checker {
		t.Errorf("%+v", got)
	}
	if got := p.Judged(PythonTest("assert 1")); got.Compare != (Checker{}) {
		t.Errorf("%+v", got)
	}
}
