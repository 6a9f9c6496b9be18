package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"coderm/eval"
	"coderm/problem"
	"coderm/problem/convert"
	"coderm/run"
	"coderm/sandbox"
)

const (
	sumRight = "a, b = map(int, input().split())\nprint(a + b)\n"
	sumWrong = "a, b = map(int, input().split())\nprint(a - b)\n"
	halve    = "print(int(input()) / 3)\n"
)

// A row of CodeContests as Hugging Face has it, of contest_problem.proto.
type contestRow struct {
	Name        string `parquet:"name"`
	Description string `parquet:"description"`
	Public      pairs  `parquet:"public_tests"`
	Private     pairs  `parquet:"private_tests"`
	Generated   pairs  `parquet:"generated_tests"`
	Source      int64  `parquet:"source"`
	Difficulty  int64  `parquet:"difficulty"`
	Solutions   codes  `parquet:"solutions"`
	Incorrect   codes  `parquet:"incorrect_solutions"`
	Rating      int64  `parquet:"cf_rating"`
	Limit       limit  `parquet:"time_limit"`
	InputFile   string `parquet:"input_file"`
	OutputFile  string `parquet:"output_file"`
}

type pairs struct {
	Input  []string `parquet:"input,list" json:"input"`
	Output []string `parquet:"output,list" json:"output"`
}

type codes struct {
	Language []int64  `parquet:"language,list" json:"language"`
	Solution []string `parquet:"solution,list" json:"solution"`
}

type limit struct {
	Seconds int64 `parquet:"seconds" json:"seconds"`
	Nanos   int64 `parquet:"nanos" json:"nanos"`
}

// judgedSet is an imported problem after it was written, read again and judged.
type judgedSet struct {
	problem   problem.Problem
	hidden    []problem.TestLine
	solutions []problem.Solution
	right     []bool // of the programs that were asked about
	unscored  string
}

// roundTrip imports a file, writes what came of it, reads that, and judges programs by
// the hidden tests of each problem.
func roundTrip(t *testing.T, box *sandbox.Sandbox, format, path string, programs ...string) []judgedSet {
	t.Helper()
	set, err := convert.Read(t.Context(), format, convert.Input{Problems: path, Valid: box.Compiles})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := set.Write(dir); err != nil {
		t.Fatal(err)
	}
	problems, err := problem.ReadProblems(filepath.Join(dir, problem.ProblemsFile))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := problem.ReadTests(filepath.Join(dir, problem.HiddenFile), problems)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]judgedSet, len(problems))
	for k, p := range problems {
		out[k] = judgedSet{problem: p, hidden: hidden[k]}
		for _, s := range set.Solutions {
			if s.TaskID == p.ID {
				out[k].solutions = append(out[k].solutions, s)
			}
		}
		checks, err := eval.HiddenChecks(p, hidden[k], eval.DefaultPatience())
		if err == nil {
			out[k].right, err = rightOf(&run.Judge{Sandbox: box, Limits: run.JudgeLimits()}, p, programs, checks)
		}
		var unscored *eval.Unscored
		if errors.As(err, &unscored) {
			out[k].unscored = unscored.Reason
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func judgeBox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

func TestCodeContests(t *testing.T) {
	box := judgeBox(t)
	row := contestRow{Name: "1_A. Sum", Description: "Add.", Public: pairs{[]string{"1 2\n"}, []string{"3\n"}},
		Private: pairs{[]string{"2 2\n"}, []string{"4\n"}}, Generated: pairs{[]string{"5 0\n", "0 0\n"}, []string{"5\n", "0\n"}},
		Source: 2, Difficulty: 8, Rating: 800, Limit: limit{1, 500_000_000},
		Solutions: codes{[]int64{2, 1, 3}, []string{"#include <iostream>", "print 1", sumRight}}, Incorrect: codes{[]int64{3}, []string{sumWrong}}}
	other := row
	other.Source, other.Rating, other.InputFile = 6, 0, "in.txt"
	lacks := contestRow{Name: "B", Description: "Third.", Private: pairs{[]string{"1\n"}, []string{"0.333333\n"}}, Source: 5, Difficulty: 2}
	rows := []contestRow{row, other, lacks}

	var b bytes.Buffer
	w := parquet.NewGenericWriter[contestRow](&b)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	columns := filepath.Join(t.TempDir(), "test-00000-of-00001.parquet")
	if err := os.WriteFile(columns, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	lines := filepath.Join(t.TempDir(), "test.jsonl")
	var objects []map[string]any
	for _, r := range rows {
		o := map[string]any{"name": r.Name, "description": r.Description, "public_tests": r.Public, "private_tests": r.Private,
			"generated_tests": r.Generated, "source": r.Source, "difficulty": r.Difficulty, "solutions": r.Solutions,
			"incorrect_solutions": r.Incorrect, "cf_rating": r.Rating, "time_limit": r.Limit, "input_file": r.InputFile, "output_file": ""}
		if r.Limit == (limit{}) {
			o["time_limit"] = nil
		}
		objects = append(objects, o)
	}
	writeInput(t, lines, objects...)
	for _, path := range []string{columns, lines} {
		got := roundTrip(t, box, "codecontests", path, sumRight, sumWrong, halve)
		p := got[0].problem
		if p.ID != "1_A. Sum" || p.TimeLimit != 1.5 || p.Platform != "codeforces" || p.Difficulty != "800" || p.Canonical != sumRight ||
			len(p.Public) != 1 || p.Public[0] != problem.StdioTest("1 2\n", "3\n") || len(got[0].hidden) != 3 {
			t.Errorf("%s: %+v", path, p)
		}
		if s := got[0].solutions; len(s) != 2 || s[0].Code != sumRight || !*s[0].Label || s[1].Code != sumWrong || *s[1].Label {
			t.Errorf("%s: solutions %+v", path, s)
		}
		if r := got[0].right; len(r) != 3 || !r[0] || r[1] || r[2] || got[0].unscored != "" {
			t.Errorf("%s: right %v, unscored: %q", path, r, got[0].unscored)
		}
		if got[1].problem.ID != "aizu/1_A. Sum" || got[1].problem.Difficulty != "B" || !strings.Contains(got[1].unscored, `files (input "in.txt"`) {
			t.Errorf("%s: %+v, unscored: %q", path, got[1].problem, got[1].unscored)
		}
		if p := got[2].problem; p.Platform != "atcoder" || p.Difficulty != "medium" || p.TimeLimit != 0 || p.Checker.Kind != problem.CheckTolerance || p.Public == nil {
			t.Errorf("%s: %+v", path, p)
		}
		if r := got[2].right; len(r) != 3 || r[0] || !r[2] {
			t.Errorf("%s: right %v, unscored: %q", path, r, got[2].unscored)
		}
	}
}

func TestCodeContestsPlus(t *testing.T) {
	row := func(id string, checker any) map[string]any {
		return map[string]any{"source": "Codeforces", "id": id, "title": "Sum", "description": "Add.", "time_limit": 2000, "memory_limit": 256,
			"test_cases": []map[string]string{{"input": "1 2\n", "output": "3\n"}, {"input": "1 1\n", "output": "2\n"}}, "checker": checker,
			"generator": "#include \"testlib.h\"\n", "validator": "#include \"testlib.h\"\n", "true_positive_rate": 1.0,
			"correct_submissions":   []map[string]string{{"code": "#include <x>", "language": "cpp"}, {"code": sumRight, "language": "py3"}},
			"incorrect_submissions": []map[string]string{{"code": sumWrong, "language": "py3"}}}
	}
	path := filepath.Join(t.TempDir(), "part-00000.jsonl")
	writeInput(t, path, row("1_A", "#include \"testlib.h\"\nint main(int argc, char *argv[]) {}\n"), row("1_B", ""), row("1_C", nil),
		row("1_D", "import sys\nsys.exit(open(sys.argv[2]).read().split() != open(sys.argv[3]).read().split())\n"))
	got := roundTrip(t, judgeBox(t), "codecontests+", path, sumRight, sumWrong)
	if p := got[0].problem; !strings.Contains(got[0].unscored, "C++ (testlib)") || got[0].right != nil || p.TimeLimit != 2 || p.Platform != "codeforces" ||
		p.Generator != "" || p.Validator != "" || !strings.Contains(string(p.Extra["testlib"]), "int main") || p.Canonical != sumRight || len(got[0].solutions) != 2 {
		t.Errorf("%+v, unscored: %q", p, got[0].unscored)
	}
	for _, g := range got[1:] {
		if len(g.right) != 2 || !g.right[0] || g.right[1] {
			t.Errorf("%s: right %v, unscored: %q", g.problem.ID, g.right, g.unscored)
		}
	}
}

func TestAPPSAndTACO(t *testing.T) {
	box := judgeBox(t)
	for format, more := range map[string]map[string]any{
		"apps": {"problem_id": 7, "url": "https://www.codewars.com/kata/1", "difficulty": "interview"},
		"taco": {"source": "codewars", "difficulty": "MEDIUM_HARD", "time_limit": "2.0 seconds", "memory_limit": "256.0 megabytes", "name": nil, "url": nil},
	} {
		row := func(fields map[string]any) map[string]any {
			for k, v := range more {
				if _, ok := fields[k]; !ok {
					fields[k] = v
				}
			}
			return fields
		}
		path := filepath.Join(t.TempDir(), "test.jsonl")
		writeInput(t, path,
			row(map[string]any{"question": "Add.", "starter_code": "", "solutions": `["print 1", "print(sum(map(int, sys.stdin.read().split())))"]`,
				"input_output": `{"inputs": ["1 2\n", ["3", "4"]], "outputs": ["3\n", ["7"]]}`}),
			row(map[string]any{"problem_id": 8, "question": "Add.", "starter_code": "def add(a, b):\n\t", "solutions": "",
				"input_output": `{"fn_name": "add", "inputs": [[1, 2], [[1], [2]]], "outputs": [3, [[1, 2]]]}`}),
			row(map[string]any{"problem_id": 9, "question": "No tests.", "starter_code": "", "input_output": "", "solutions": "[]"}))
		programs := []string{"print(sum(map(int, sys.stdin.read().split())))", sumRight, "def add(a, b):\n    return a + b", "class Solution:\n    def add(self, a, b):\n        return b + a", halve}
		got := roundTrip(t, box, format, path, programs...)
		want := map[string]problem.Problem{
			"apps": {ID: "apps/7", Platform: "codewars", Difficulty: "interview"},
			"taco": {ID: "taco/0", Platform: "codewars", Difficulty: "medium_hard", TimeLimit: 2},
		}[format]
		if p := got[0].problem; p.Platform != want.Platform || p.Difficulty != want.Difficulty || p.TimeLimit != want.TimeLimit || p.Canonical != programs[0] {
			t.Errorf("%s: %+v", format, p)
		}
		// The second test is in two lines.
		if r := got[0].right; len(r) != len(programs) || !r[0] || r[1] || r[2] || r[3] || r[4] {
			t.Errorf("%s: right %v, unscored: %q", format, got[0].right, got[0].unscored)
		}
		if r := got[1].right; len(r) != len(programs) || r[0] || r[1] || !r[2] || r[3] || got[1].problem.EntryPoint != "add" {
			t.Errorf("%s: right %v, unscored: %q", format, r, got[1].unscored)
		}
		if got[2].unscored == "" {
			t.Errorf("%s: scored without a test", format)
		}
	}
}

func TestBadContests(t *testing.T) {
	for format, rows := range map[string]map[string]map[string]any{
		"codecontests": {
			`no "name"`:              {"description": "d"},
			"1 inputs and 0 outputs": {"name": "a", "description": "d", "private_tests": pairs{[]string{"1"}, nil}},
			"neither the lists":      {"name": "a", "description": "d", "public_tests": "none"},
		},
		"apps": {
			`no "question"`:            {"problem_id": 1},
			"1 inputs and 2 outputs":   {"question": "q", "input_output": `{"inputs": ["1"], "outputs": ["1", "2"]}`},
			"is no name":               {"question": "q", "input_output": `{"fn_name": "f()", "inputs": [], "outputs": []}`},
			"neither a text nor a lis": {"question": "q", "input_output": `{"inputs": [1], "outputs": ["1"]}`},
		},
	} {
		for want, row := range rows {
			path := filepath.Join(t.TempDir(), "bad.jsonl")
			writeInput(t, path, row)
			if _, err := convert.Read(t.Context(), format, convert.Input{Problems: path}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "bad.jsonl") {
				t.Errorf("%s: %v, want %q", format, err, want)
			}
		}
	}
}
