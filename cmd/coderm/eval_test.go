package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coderm/benchmarks/codegen16b"
	"coderm/eval"
	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

// recordedData is the folder of the recorded data, which are not part of the
// repository.
func recordedData(t *testing.T) string {
	t.Helper()
	return filepath.Dir(testkit.Data(t, codegen16b.File))
}

// importCodeT imports CodeT's files of CodeGen-16B.
func importCodeT(t *testing.T, out string) {
	t.Helper()
	prefix := filepath.Join(recordedData(t), "codet-HumanEval_")
	completions := prefix + "codegen16B_temp0.8_topp0.95_num100_max300_"
	mustRun(t, "import", "--from", "codet", "--problems", prefix+"for_code_generation.jsonl.zst",
		"--solutions", completions+"code_solution.jsonl.zst", "--tests", completions+"test_case.jsonl.zst", "--out", out)
}

// derived is what the recorded data set made of the same files.
type derived struct {
	TaskID      string   `json:"task_id"`
	Prompt      string   `json:"prompt"`
	Solutions   []string `json:"solutions"`
	SampleOf    []int    `json:"sample_of"`
	Tests       []string `json:"tests"`
	Generations [][]int  `json:"generations"`
	Truth       string   `json:"truth"`
	Matrix      []string `json:"matrix"`
}

func readDerived(t *testing.T) []derived {
	t.Helper()
	var out []derived
	err := problem.Lines(filepath.Join(recordedData(t), "humaneval-codegen16b.jsonl.zst"), func(line []byte) error {
		var d derived
		err := json.Unmarshal(line, &d)
		out = append(out, d)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Our import of CodeT's raw completions gives the programs and the asserts that
// the recorded data set was made of, all of them.
func TestImportCodeTEqualsTheRecord(t *testing.T) {
	dir := t.TempDir()
	importCodeT(t, dir)
	problems, err := problem.ReadProblems(filepath.Join(dir, "problems.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	solutions, err := problem.ReadSolutions(filepath.Join(dir, "solutions.jsonl"), problems)
	if err != nil {
		t.Fatal(err)
	}
	tests, err := problem.ReadTests(filepath.Join(dir, "tests.jsonl"), problems)
	if err != nil {
		t.Fatal(err)
	}
	record := readDerived(t)
	if len(record) != len(problems) {
		t.Fatalf("%d problems, recorded %d", len(problems), len(record))
	}
	for k, d := range record {
		if problems[k].ID != d.TaskID {
			t.Fatalf("problem %d is %s, recorded %s", k, problems[k].ID, d.TaskID)
		}
		var programs, want, asserts, wantAsserts []string
		for _, s := range solutions[k] {
			programs = append(programs, s.Code)
		}
		for _, row := range d.SampleOf {
			want = append(want, d.Prompt+d.Solutions[row])
		}
		for _, u := range tests[k] {
			asserts = append(asserts, u.Code)
		}
		for _, g := range d.Generations {
			for _, j := range g {
				wantAsserts = append(wantAsserts, d.Tests[j])
			}
		}
		if !slices.Equal(programs, want) {
			t.Errorf("%s: the solutions differ", d.TaskID)
		}
		if !slices.Equal(asserts, wantAsserts) {
			t.Errorf("%s: the tests differ", d.TaskID)
		}
	}
}

// subset are problems whose solutions and tests hold no endless loop.
var subset = []string{"HumanEval/4", "HumanEval/7", "HumanEval/8", "HumanEval/9", "HumanEval/10", "HumanEval/11"}

// keep copies the subset's lines.
func keep(t *testing.T, from, to string) {
	t.Helper()
	var kept []json.RawMessage
	err := problem.Lines(from, func(line []byte) error {
		var l struct {
			TaskID string `json:"task_id"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if slices.Contains(subset, l.TaskID) {
			kept = append(kept, slices.Clone(line))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	writeInput(t, to, kept...)
}

// A part of HumanEval with CodeGen-16B's solutions and CodeT's tests, all the
// way through our sandSandbox: the same accuracies as from the recorded verdicts of
// native CPython. scripts/bench-humaneval.sh does all of it.
func TestHumanEvalSubsetEqualsTheRecord(t *testing.T) {
	dir := t.TempDir()
	importCodeT(t, filepath.Join(dir, "all"))
	for _, name := range []string{"problems.jsonl", "solutions.jsonl", "tests.jsonl"} {
		keep(t, filepath.Join(dir, "all", name), filepath.Join(dir, name))
	}
	keep(t, filepath.Join(recordedData(t), "humaneval-codegen16b.jsonl.zst"), filepath.Join(dir, "recorded.jsonl"))
	in := []string{"--problems", filepath.Join(dir, "problems.jsonl"), "--solutions", filepath.Join(dir, "solutions.jsonl")}
	run := filepath.Join(dir, "run")
	mustRun(t, append([]string{"exec", "--tests", filepath.Join(dir, "tests.jsonl"), "--out", run, "-q"}, in...)...)
	ours := studyOf(t, append([]string{"eval", run, "--json", "-q"}, in...)...)
	recorded := studyOf(t, "eval", "--matrix", filepath.Join(dir, "recorded.jsonl"), "--json")
	if !ours.Partial || ours.Problems != len(subset) || len(ours.Excluded) > 0 {
		t.Errorf("%d problems, partial %v, left out %v", ours.Problems, ours.Partial, ours.Excluded)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v, from the record %v", what, got, want)
		}
	}
	near("pass@1", ours.Random.Mean, recorded.Random.Mean)
	near("oracle", ours.Oracle.Mean, recorded.Oracle.Mean)
	for n, s := range ours.Selectors {
		near(s.Name, s.Accuracy.Mean, recorded.Selectors[n].Accuracy.Mean)
	}
}

func studyOf(t *testing.T, args ...string) (s eval.Study) {
	t.Helper()
	if err := json.Unmarshal([]byte(mustRun(t, args...)), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// EvalPlus's ground truth in the sandSandbox: canonical solutions pass, also where
// inputs are tuples, sets, complex or infinite and where the output has an
// oracle of its own, and a solution that returns nothing does not.
func TestEvalPlusGroundTruth(t *testing.T) {
	data := recordedData(t)
	box, err := sandbox.New(context.Background(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	ex := &run.Judge{Sandbox: box, Limits: sandbox.Limits{Fuel: 100_000_000_000}}
	for file, ids := range map[string][]string{
		"HumanEvalPlus-NoExtreme.jsonl.gz": {"HumanEval/0", "HumanEval/2", "HumanEval/4", "HumanEval/32", "HumanEval/99"},
		"MbppPlus-NoExtreme.jsonl.gz": {
			"Mbpp/2", "Mbpp/63", "Mbpp/75", "Mbpp/115", "Mbpp/124", "Mbpp/250", "Mbpp/259", "Mbpp/278", "Mbpp/252",
			"Mbpp/435", "Mbpp/558", "Mbpp/580", "Mbpp/722",
		},
	} {
		problems, err := problem.ReadProblems(filepath.Join(data, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			if !slices.Contains(ids, p.ID) {
				continue
			}
			nothing := "def " + p.EntryPoint + "(*args):\n    return 'nothing of the kind'\n"
			checks, err := eval.ChecksOf(p, eval.GroundPlus, eval.DefaultPatience())
			if err != nil {
				t.Fatal(err)
			}
			right, err := rightOf(ex, p, []string{nothing, p.Canonical, "1/0"}, checks)
			if err != nil || !slices.Equal(right, []bool{false, true, false}) {
				t.Errorf("%s: %v, %v", p.ID, right, err)
			}
		}
	}
}

func TestEvalLeavesOutABrokenProblem(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, lines ...string) {
		if err := os.WriteFile(path(name), []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("p.jsonl", `{"task_id": "a", "prompt": "def f():\n", "canonical_solution": "    return 1\n", "entry_point": "f", "test": "def check(c):\n    assert c() == 1\n"}`,
		`{"task_id": "b", "prompt": "def f():\n", "canonical_solution": "    return 2\n", "entry_point": "f", "test": "def check(c):\n    assert c() == 1\n"}`)
	write("s.jsonl", `{"task_id": "a", "completion": "    return 1\n"}`, `{"task_id": "a", "completion": "    return 2\n"}`, `{"task_id": "b", "completion": "    return 1\n"}`)
	write("t.jsonl", `{"task_id": "a", "test": "assert f() == 1"}`, `{"task_id": "b", "test": "assert f() == 1"}`)
	in := []string{"--problems", path("p.jsonl"), "--solutions", path("s.jsonl")}
	mustRun(t, append([]string{"exec", "--tests", path("t.jsonl"), "--out", path("run"), "-q"}, in...)...)
	s := studyOf(t, append([]string{"eval", path("run"), "--json", "-q", "--per-problem", "--save", path("m.jsonl")}, in...)...)
	if s.Problems != 1 || !s.Partial || len(s.Excluded) != 1 || s.Excluded[0].ID != "b" || !strings.Contains(s.Excluded[0].Reason, "its own canonical solution does not pass") {
		t.Errorf("%+v", s)
	}
	if got := s.Chosen[0].Rows["auto"]; !slices.Equal(got, []int{0}) || s.Random.Mean != 0.5 {
		t.Errorf("auto chose %v, random %v", got, s.Random.Mean)
	}
	again := studyOf(t, "eval", "--matrix", path("m.jsonl"), "--json")
	if again.Problems != 1 || again.Random != s.Random {
		t.Errorf("from the saved matrix: %+v", again)
	}
}

// LiveCodeBench from end to end: programs judged by input and output. The choice
// goes by the public tests; the private ones only say what is right.
func TestLiveCodeBench(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	writeInput(t, path("lcb.jsonl"), map[string]any{
		"question_id": "abc", "question_content": "Add two numbers.",
		"public_test_cases":  `[{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]`,
		"private_test_cases": `[{"input": "3 4\n", "output": "7.0\n", "testtype": "stdin"}]`,
	})
	writeInput(t, path("codes.json"), []map[string]any{{"question_id": "abc", "code_list": []string{
		"print(3)", "a, b = map(int, input().split())\nprint(a + b)", "print(7)"}}})
	mustRun(t, "import", "--from", "livecodebench", "--problems", path("lcb.jsonl"), "--solutions", path("codes.json"), "--out", path("in"))
	if _, err := os.Stat(path("in/tests.jsonl")); err == nil {
		t.Error("private tests are among those to choose by")
	}
	in := []string{"--problems", path("in/problems.jsonl"), "--solutions", path("in/solutions.jsonl")}
	mustRun(t, append([]string{"exec", "--out", path("run"), "-q"}, in...)...)
	s := studyOf(t, append([]string{"eval", path("run"), "--hidden", path("in/hidden.jsonl"), "--json", "-q", "--per-problem", "--save", path("m.jsonl")}, in...)...)
	if math.Abs(s.Random.Mean-1./3) > 1e-9 || !slices.Equal(s.Chosen[0].Rows["auto+public"], []int{0, 1}) {
		t.Errorf("random %v, chosen %v", s.Random.Mean, s.Chosen[0].Rows)
	}
	mustRun(t, append([]string{"rerank", "--tests", path("in/hidden.jsonl"), "--hidden", path("in/hidden.jsonl"), "--out", path("cheat"), "-q"}, in...)...)
	scores, err := os.ReadFile(path("cheat/scores.jsonl"))
	if err != nil || !strings.Contains(string(scores), `"truth":"010"`) {
		t.Errorf("%s, %v", scores, err)
	}
}

// A limit for each input: a right solution that is slow on all of them together is
// right, and an endless loop costs one input's limit. State outlives an input, but
// not the base ones.
func TestEvalPlusLimitsAreForOneInput(t *testing.T) {
	box, err := sandbox.New(context.Background(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	p := problem.Problem{ID: "HumanEval/60", EntryPoint: "f", Canonical: "def f(n):\n    return n * (n + 1) // 2\n", Extra: map[string]json.RawMessage{
		"base_input": json.RawMessage(`[[200000], [300000], [300000], [300000], [300000], [300000], [300000]]`), "plus_input": json.RawMessage(`[[1], [2]]`)}}
	ex := &run.Judge{Sandbox: box, Limits: run.JudgeLimits()}
	patience := eval.DefaultPatience()
	patience.Input = 0.05 // 1.25e9: all inputs together take more
	checks, err := eval.ChecksOf(p, eval.GroundPlus, patience)
	if err != nil {
		t.Fatal(err)
	}
	loop := "def f(n):\n    s = 0\n    for i in range(1, n + 1):\n        s += i\n    return s\n"
	endless := "def f(n):\n    while n > 1:\n        pass\n    return n\n"
	once := "seen = []\ndef f(n):\n    seen.append(n)\n    return n * (n + 1) // 2 if len(seen) < %s else 0\n"
	programs := []string{loop, endless, strings.Replace(once, "%s", "8", 1), strings.Replace(once, "%s", "7", 1)}
	right, err := rightOf(ex, p, programs, checks)
	if err != nil || !slices.Equal(right, []bool{true, false, true, false}) {
		t.Errorf("right %v, %v", right, err)
	}
	fuel := make([]uint64, 2)
	err = ex.Run(context.Background(), []string{loop, endless}, []problem.Test{checks[0].Test}, checks[0].Least, func(i, _ int, c eval.Checked) error {
		fuel[i] = c.Fuel
		return nil
	})
	if err != nil || fuel[0] < 1_250_000_000 || fuel[1] > 2_000_000_000 {
		t.Errorf("fuel %v, %v", fuel, err)
	}
}

// The canonical solution's outputs are computed once: short ones are known, long
// strings by their hash, and what no literal says (long lists, nan, objects) is computed
// beside the candidate. The verdicts are those of the check that knows nothing.
func TestEvalPlusKnownOutputs(t *testing.T) {
	box, err := sandbox.New(context.Background(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	ex := &run.Judge{Sandbox: box, Limits: run.JudgeLimits()}
	of := "class C(list): pass\ndef f(n):\n    return [1.5, 'x' * 3000, [n] * 2000, (1, {2: {3}}), True, C([1]), 'é\\udc80' * 9, float('inf')][n]%s\n"
	p := problem.Problem{ID: "P/1", EntryPoint: "f", Canonical: "print('{}')\n" + fmt.Sprintf(of, ""), Extra: map[string]json.RawMessage{
		"base_input": json.RawMessage(`[[0], [1], [2], [3], [4], [5], [6], [7]]`)}}
	checks, err := eval.ChecksOf(p, eval.GroundBase, eval.DefaultPatience())
	if err != nil {
		t.Fatal(err)
	}
	printed, ok, err := ex.Print(context.Background(), checks[0].Reference.Program)
	if err != nil || !ok {
		t.Fatal(err)
	}
	known, longest, err := checks[0].Reference.Known(printed)
	if err != nil || len(known.Probes) != 9 || longest <= 0 || longest > 1 {
		t.Fatalf("%d probes, %v s, %v", len(known.Probes), longest, err)
	}
	if list := regexp.MustCompile(`"#-?\d+"`).ReplaceAllString(known.Test.Code, "HASH"); !strings.Contains(list, `[(1.5,), HASH, None, ((1, {2: {3}}),), (True,), None, ('é\udc80é`) || !strings.HasSuffix(list, `None, ])`+"\n") {
		t.Errorf("ends in %q", list[len(list)-200:])
	}
	programs := []string{fmt.Sprintf(of, "")}
	for _, wrong := range []string{" * 2 if n == 0 else 1.5", " if n != 1 else 'x' * 2999 + 'y'", " if n != 2 else [2] * 1999", " if n != 3 else [1, {2: {3}}]", " if n != 4 else 0", " if n != 5 else [2]", " if n != 1 else 1 // 0"} {
		programs = append(programs, fmt.Sprintf(of, wrong))
	}
	for _, same := range []string{" if n != 3 else (1.0, {2: {3.0}})", " if n != 5 else [1]", " if n != 4 else 1"} {
		programs = append(programs, fmt.Sprintf(of, same))
	}
	want := make([]bool, len(programs))
	want[0], want[8], want[9], want[10] = true, true, true, true
	for _, reference := range []*eval.Reference{nil, checks[0].Reference} {
		checks[0].Reference = reference
		right, err := rightOf(ex, p, programs, checks)
		if err != nil || !slices.Equal(right, want) {
			t.Errorf("known %v: %v, %v", reference != nil, right, err)
		}
	}
}

// rightOf tells which programs are right.
func rightOf(ex eval.Executor, p problem.Problem, programs []string, checks []eval.Check) ([]bool, error) {
	right := make([]bool, len(programs))
	err := eval.Judge(context.Background(), ex, p, programs, checks, func(k int, j eval.Judged) error {
		right[k] = j.Right
		return nil
	})
	return right, err
}
