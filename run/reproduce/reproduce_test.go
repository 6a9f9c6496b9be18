package reproduce

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"coderm/benchmarks/codegen16b"
	"coderm/eval"
	"coderm/internal/testkit"
	"coderm/problem"
	"coderm/rerank"
	"coderm/run"
)

// TestRecorded goes the whole way with what CodeGen-16B wrote, put into the form of the
// published files: the choice and the quality of the tests are those of the verdicts
// that native CPython gave. Problems with timeouts are left out, which were less
// patient there.
func TestRecorded(t *testing.T) {
	all, err := codegen16b.Load(testkit.Data(t, codegen16b.File), 0)
	if err != nil {
		t.Fatal(err)
	}
	const every = 12
	var some []codegen16b.Problem
	for k, p := range all {
		if k%every == 0 && !strings.ContainsRune(strings.Join(p.Matrix, ""), codegen16b.Timeout) {
			some = append(some, p)
		}
	}
	dir := t.TempDir()
	publish(t, dir, some)
	experiments, err := Find(dir, filepath.Join(dir, "out"), []string{"humaneval+"}, nil)
	if err != nil || len(experiments) != 1 {
		t.Fatalf("%d experiments: %v", len(experiments), err)
	}
	e := experiments[0]
	spec, err := e.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(t.Context(), spec, run.Env{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.Close()
	got, err := e.Measure(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var known []eval.Problem
	for _, p := range some {
		known = append(known, measured(p))
	}
	want, err := eval.Run(t.Context(), known, eval.Options{Selectors: []rerank.Selector{selector}})
	if err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if got.Problems != len(some) || !near(got.Vanilla.Mean, want.Random.Mean) || !near(got.Best.Mean, want.Selectors[0].Accuracy.Mean) {
		t.Errorf("vanilla %v, best %v, want %v and %v", got.Vanilla, got.Best, want.Random, want.Selectors[0].Accuracy)
	}
	for k, q := range want.Quality[:2] {
		if g := got.Quality[k]; g.Mode != q.Mode || !near(g.Acc, q.Acc) || !near(g.F1, q.F1) || !near(g.FAR, q.FAR) || !near(g.FRR, q.FRR) {
			t.Errorf("quality %+v, want %+v", g, q)
		}
	}
	if d := got.Differences; d.Infra != 0 || d.Mixed != 0 || d.Tests == 0 || d.Pairs == 0 {
		t.Errorf("%+v", d)
	}
}

// object is a line of a file.
type object = map[string]any

// publish writes a clone of the reference repository that has the problems.
func publish(t *testing.T, dir string, problems []codegen16b.Problem) {
	t.Helper()
	var prompts, solutions, tests []object
	for _, p := range problems {
		prompts = append(prompts, object{"task_id": p.TaskID, "messages": []object{{"role": "user", "content": "### question\n" + p.Prompt}}})
		programs, annotated := p.Programs(), []object{}
		for _, row := range p.SampleOf {
			status := "fail"
			if p.Truth[row] == codegen16b.Pass {
				status = "pass"
			}
			annotated = append(annotated, object{"solution": programs[row], "plus_status": status})
		}
		annotated = append(annotated, annotated...) // as they have 200, of which the first 100 count
		solutions = append(solutions, object{"task_id": p.TaskID, "solutions": annotated})
		classes := []string{}
		for _, g := range distinctGenerations(p) {
			body := ""
			for _, j := range g {
				body += "\n" + p.Tests[j]
			}
			classes = append(classes, "import unittest\n\nclass TestIt(unittest.TestCase):\n    def test(self):"+strings.ReplaceAll(body, "\n", "\n        ")+
				"\n\nsuite = unittest.TestLoader().loadTestsFromTestCase(TestIt)\nrunner = unittest.TextTestRunner(stream=output, verbosity=2)\nresult = runner.run(suite)\nlocals_dict['result'] = result\n")
		}
		tests = append(tests, object{"task_id": p.TaskID, "unit_tests": classes})
	}
	for name, list := range map[string][]object{
		"data/benchmark/input_humaneval+_ut.jsonl": prompts, "data/result/humaneval+/sol_codegen-16b_200_anno.jsonl": solutions,
		"data/result/humaneval+/ut_codegen-16b_100.jsonl": tests,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := problem.WriteLines(path, slices.Values(list)); err != nil {
			t.Fatal(err)
		}
	}
}

// distinctGenerations are those with a test, equal ones once.
func distinctGenerations(p codegen16b.Problem) (out [][]int) {
	seen := map[string]bool{}
	for _, g := range p.Generations {
		if key := fmt.Sprint(g); len(g) > 0 && !seen[key] {
			seen[key] = true
			out = append(out, g)
		}
	}
	return out
}

// measured is a problem with the verdicts that were recorded of it: a generation
// passes when all its asserts do.
func measured(p codegen16b.Problem) eval.Problem {
	generations := distinctGenerations(p)
	m := rerank.NewMatrix(len(p.Solutions), len(generations))
	weight, right := make([]int, len(p.Solutions)), make([]bool, len(p.Solutions))
	for _, row := range p.SampleOf {
		weight[row]++
	}
	var groups [][]int
	for j := range generations {
		groups = append(groups, []int{j})
	}
	m.Group(groups)
	for i := range p.Solutions {
		m.SetWeight(i, weight[i])
		right[i] = p.Truth[i] == codegen16b.Pass
		for j, g := range generations {
			m.Set(i, j, rerank.Pass)
			if slices.ContainsFunc(g, func(k int) bool { return p.Matrix[i][k] != codegen16b.Pass }) {
				m.Set(i, j, rerank.Fail)
			}
		}
	}
	return eval.Problem{ID: p.TaskID, Evidence: rerank.Evidence{Matrix: m}, Samples: p.SampleOf, Right: right}
}
