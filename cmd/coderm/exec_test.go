package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/sandbox/bench"
	"coderm/sandbox/pairfile"
)

const execInput = `{"id": "a", "solution": "def f(x):\n    return x + 1\n", "test": "assert f(1) == 2"}

{"id": 2, "solution": "def f(x):\n    return x\n", "test": "import unittest\nfrom solution_under_test import f\n\nclass T(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(f(1), 2)\n    def test_zero(self):\n        self.assertEqual(f(0), 0)\n"}
{"id": "c", "solution": "import nothing_like_this\n", "test": "assert True"}
{"id": "loop", "solution": "", "test": "while True: pass"}
`

func runExec(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = execute(context.Background(), append([]string{"exec"}, args...), strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestExecPairs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pairs.jsonl")
	if err := os.WriteFile(path, []byte(execInput), 0o600); err != nil {
		t.Fatal(err)
	}
	code, fromFile, stderr := runExec(t, "", "--pairs", path, "--json", "--fuel", "100000000")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	code, fromStdin, stderr := runExec(t, execInput, "--pairs", "-", "--json", "--fuel", "100000000", "--workers", "1")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if fromFile != fromStdin {
		t.Errorf("a file and standard input differ:\n%s\n%s", fromFile, fromStdin)
	}
	want := []struct {
		id, verdict           string
		run, failures, errors int
		detail                string
	}{
		{`"a"`, "pass", 1, 0, 0, ""},
		{`2`, "fail", 2, 1, 0, "AssertionError"},
		{`"c"`, "error", 0, 0, 0, "nothing_like_this"},
		{`"loop"`, "timeout", 0, 0, 0, "out of fuel"},
	}
	lines := strings.Split(strings.TrimSpace(fromFile), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines: %s", len(lines), fromFile)
	}
	for k, line := range lines {
		var keys map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &keys); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"id", "verdict", "tests_run", "failures", "errors", "fuel", "detail"} {
			if _, ok := keys[key]; !ok {
				t.Errorf("line %d has no %q", k+1, key)
			}
		}
		var got pairfile.Verdict
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		w := want[k]
		if string(got.ID) != w.id || got.Kind.String() != w.verdict || got.TestsRun != w.run ||
			got.Failures != w.failures || got.Errors != w.errors || !strings.Contains(got.Detail, w.detail) || got.Fuel == 0 {
			t.Errorf("line %d: %s, want %+v", k+1, line, w)
		}
	}
}

func TestExecBadInput(t *testing.T) {
	good := strings.SplitAfter(execInput, "\n")[0]
	for name, c := range map[string]struct {
		args  []string
		stdin string
		want  string
	}{
		"broken line":    {[]string{"--pairs", "-"}, good + `{"id": "b", "solution": "x`, "standard input:2: broken JSON"},
		"no object":      {[]string{"--pairs", "-"}, good + good + "17\n", "standard input:3: expected a JSON object"},
		"no test":        {[]string{"--pairs", "-"}, `{"id": "b", "solution": ""}`, `standard input:1: pair "b": no "test"`},
		"no id":          {[]string{"--pairs", "-"}, `{"solution": "", "test": ""}`, `standard input:1: no "id"`},
		"wrong type":     {[]string{"--pairs", "-"}, `{"id": "b", "solution": 3, "test": ""}`, `standard input:1: field "solution"`},
		"missing file":   {[]string{"--pairs", "no/such/file"}, "", "no/such/file"},
		"nothing to do":  {nil, "", "--pairs"},
		"workers":        {[]string{"--pairs", "-", "--workers", "-1"}, good, "--workers"},
		"little memory":  {[]string{"--pairs", "-", "--memory", "1000"}, good, "memory limit of 1000 bytes"},
		"unknown option": {[]string{"--pears", "-"}, "", "--pears"},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := runExec(t, c.stdin, c.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, stdout %q, stderr %q, want one line with %q", code, stdout, stderr, c.want)
			}
		})
	}
}

func TestExecBench(t *testing.T) {
	code, stdout, stderr := runExec(t, execInput, "--bench", "--pairs", "-", "--json", "--fuel", "10000000")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var results []bench.Result
	if err := json.Unmarshal([]byte(stdout), &results); err != nil || len(results) < 4 {
		t.Errorf("%v: %s", err, stdout)
	}
}
