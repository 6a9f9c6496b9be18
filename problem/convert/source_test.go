package convert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/problem/public"
)

// parquetFile writes rows as Hugging Face's library does: strings, and lists of them.
func parquetFile[T any](t *testing.T, path string, rows ...T) {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Snappy))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// humanEvalRow is a row of openai_humaneval.
type humanEvalRow struct {
	TaskID     string  `parquet:"task_id"`
	Prompt     *string `parquet:"prompt,optional"`
	Canonical  string  `parquet:"canonical_solution"`
	Test       string  `parquet:"test"`
	EntryPoint string  `parquet:"entry_point"`
}

// A data set's folder gives what the same rows in a file of JSON give.
func TestDataSetFolder(t *testing.T) {
	dir := t.TempDir()
	prompt := func(k int) *string {
		s := fmt.Sprintf("def f%d(x):\n    \"\"\"\n    f%d(1) == %d\n    \u2028 é <&>\n    \"\"\"\n", k, k, k)
		return &s
	}
	var rows []humanEvalRow
	var objects []any
	for k := range 5 {
		r := humanEvalRow{fmt.Sprintf("HumanEval/%d", k), prompt(k), "    return x\n", "def check(candidate):\n    assert candidate(1) == 1\n", fmt.Sprintf("f%d", k)}
		rows = append(rows, r)
		objects = append(objects, map[string]any{"task_id": r.TaskID, "prompt": *r.Prompt, "canonical_solution": r.Canonical, "test": r.Test, "entry_point": r.EntryPoint})
	}
	parquetFile(t, filepath.Join(dir, "openai_humaneval", "test-00000-of-00002.parquet"), rows[:3]...)
	parquetFile(t, filepath.Join(dir, "openai_humaneval", "test-00001-of-00002.parquet"), rows[3:]...)
	os.WriteFile(filepath.Join(dir, "README.md"), []byte("---\n---\n"), 0o666)
	os.MkdirAll(filepath.Join(dir, ".git"), 0o755)
	os.WriteFile(filepath.Join(dir, ".git", "train.jsonl"), nil, 0o666)
	want, err := Read(t.Context(), "humaneval", Input{Problems: file(t, objects...)})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "openai_humaneval")} {
		in := Input{Problems: path, Progress: new(Progress)}
		got, err := Read(t.Context(), "humaneval", in)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("-lines +Parquet:\n%s", d)
		}
		if n := got.WithExamples(); n != 5 {
			t.Errorf("%d have examples", n)
		}
		if in.Progress.BytesPlanned.Load() == 0 || in.Progress.Bytes.Load() == 0 {
			t.Error("nothing was counted")
		}
	}
	one, err := Read(t.Context(), "humaneval", Input{Problems: filepath.Join(dir, "openai_humaneval", "test-00001-of-00002.parquet")})
	if err != nil || len(one.Problems) != 2 {
		t.Errorf("one file: %v", err)
	}
	parquetFile(t, filepath.Join(dir, "train-00000-of-00001.parquet"), rows...)
	if got, err := Read(t.Context(), "humaneval", Input{Problems: dir}); err != nil || len(got.Problems) != 5 {
		t.Errorf("with another split: %v", err)
	}
}

func TestDataSetFolderRefuses(t *testing.T) {
	for _, c := range []struct {
		want  string
		files []string
	}{
		{"without .parquet", []string{"README.md", ".cache/test.jsonl"}},
		{"several data sets", []string{"a/test.parquet", "b/test.parquet"}},
		{"several data sets", []string{"train.jsonl", "validation.jsonl"}},
		{"test.parquet: reading Parquet", []string{"test.parquet"}},
	} {
		dir := t.TempDir()
		for _, f := range c.files {
			os.MkdirAll(filepath.Join(dir, filepath.Dir(f)), 0o755)
			os.WriteFile(filepath.Join(dir, f), []byte("PAR1 and no more"), 0o666)
		}
		if _, err := Read(t.Context(), "humaneval", Input{Problems: dir}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.files, err, c.want)
		}
	}
}

// mbppRow is a row of evalplus/mbppplus.
type mbppRow struct {
	TaskID  int64    `parquet:"task_id"`
	Code    string   `parquet:"code"`
	Prompt  string   `parquet:"prompt"`
	Imports []string `parquet:"test_imports,list"`
	Tests   []string `parquet:"test_list,list"`
	Test    string   `parquet:"test"`
}

const mbppTest = `import numpy as np
from math import inf

def is_floats(x) -> bool:
    if isinstance(x, float):
        return True
    if isinstance(x, (list, tuple)):
        return all(isinstance(i, float) for i in x)
    if isinstance(x, np.ndarray):
        return x.dtype == np.float64 or x.dtype == np.float32
    return False

def assertion(out, exp, atol):
    exact_match = out == exp
    if atol == 0 and is_floats(exp):
        atol = 1e-6
    if not exact_match and atol != 0:
        assert np.allclose(out, exp, rtol=1e-07, atol=atol)
    else:
        assert exact_match

inputs = [[[1.0, 2.0]], [[inf]], [[]]]
results = [[0.1, 0.2], [inf], []]
for i, (inp, exp) in enumerate(zip(inputs, results)):
    assertion(tenth(*inp), exp, 0)
`

// MBPP+ from Hugging Face has what a run needs, and its check runs without NumPy.
func TestMbppPlusFolder(t *testing.T) {
	dir := t.TempDir()
	code := "def tenth(l):\n    return [x * 0.1 for x in l]\n"
	parquetFile(t, filepath.Join(dir, "data", "test-00000-of-00001-d5781c9c51e02795.parquet"),
		mbppRow{7, code, "Write a function to take the tenth of each number.", nil, []string{"assert tenth([1]) == [0.1]", "assert tenth([]) == []"}, mbppTest})
	set, err := Read(t.Context(), "evalplus", Input{Problems: dir})
	if err != nil {
		t.Fatal(err)
	}
	p := set.Problems[0]
	if p.ID != "7" || p.EntryPoint != "tenth" || p.Canonical != code || p.Question == "" {
		t.Errorf("problem %+v", p)
	}
	var list []string
	if err := json.Unmarshal(p.Extra["test_list"], &list); err != nil || len(list) != 2 {
		t.Errorf("test_list %s, %v", p.Extra["test_list"], err)
	}
	python := testkit.Python(t)
	for program, right := range map[string]bool{
		code: true,
		"def tenth(l):\n    return [x / 10 + 1e-9 for x in l]\n": true,
		"def tenth(l):\n    return [x / 10 + 1e-4 for x in l]\n": false,
		"def tenth(l):\n    return [x / 10 for x in l][:1]\n":    false,
		"def tenth(l):\n    return [1.0 for x in l]\n":           false,
	} {
		out, err := exec.CommandContext(t.Context(), python, "-c", program+"\n"+p.Check).CombinedOutput()
		if (err == nil) != right {
			t.Errorf("%s: %v\n%s", program, err, out)
		}
	}
}

// MBPP's own problems have their right program as "code" and no entry point.
func TestMbpp(t *testing.T) {
	set, err := Read(t.Context(), "humaneval", Input{Problems: file(t,
		object{"task_id": 2, "prompt": "Write f.", "code": "def f(): pass", "test_list": []string{"assert f() is None"}},
		object{"task_id": 3, "prompt": "def g():\n", "canonical_solution": "    pass\n", "code": "kept"})})
	if err != nil {
		t.Fatal(err)
	}
	if p := set.Problems[0]; p.Canonical != "def f(): pass" || p.EntryPoint != "" || p.Extra["code"] != nil {
		t.Errorf("%+v", p)
	}
	if p := set.Problems[1]; p.Canonical != "def g():\n    pass\n" || string(p.Extra["code"]) != `"kept"` {
		t.Errorf("%+v", p)
	}
}

// Prompts without examples get those of HumanEval's own file.
func TestExamplesOfAnotherFile(t *testing.T) {
	bare := map[string]any{"task_id": "H/1", "prompt": "def f(x):\n    \"\"\" Half. \"\"\"\n", "entry_point": "f"}
	own := map[string]any{"task_id": "H/1", "prompt": "def f(x):\n    \"\"\" Half.\n    >>> f(2)\n    1\n    >>> f(1)\n    0.5\n    \"\"\"\n", "entry_point": "f"}
	other := map[string]any{"task_id": "H/2", "prompt": "def g(x):\n    \"\"\" g(2) == 1 \"\"\"\n", "entry_point": "g"}
	problems := file(t, bare, other)
	set, err := Read(t.Context(), "codet", Input{Problems: problems})
	if err != nil || set.WithExamples() != 1 {
		t.Fatalf("without: %d, %v", set.WithExamples(), err)
	}
	set, err = Read(t.Context(), "codet", Input{Problems: problems, Examples: file(t, own)})
	if err != nil || set.WithExamples() != 2 {
		t.Fatalf("with: %v", err)
	}
	// They are the same tests after a way through a file.
	text, err := json.Marshal(set.Problems[0])
	if err != nil {
		t.Fatal(err)
	}
	var read problem.Problem
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	var named problem.Problem
	text, _ = json.Marshal(own)
	json.Unmarshal(text, &named)
	if d := cmp.Diff(public.Tests(named), public.Tests(read)); d != "" || len(public.Tests(read)) != 2 {
		t.Errorf("-of the file +of the problem:\n%s", d)
	}
	if _, err := Read(t.Context(), "codet", Input{Problems: problems, Examples: file(t, map[string]any{"task_id": "x", "prompt": "p"})}); err == nil {
		t.Error("a file of other problems was taken")
	}
}
