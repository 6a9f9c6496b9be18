package pipeline

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/budget"
	"coderm/engine"
	"coderm/internal/seed"
	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

func newBox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	return box
}

func TestInputs(t *testing.T) {
	box := newBox(t)
	for _, c := range []struct{ name, generator, why string }{
		{"by argv", "import random, sys\nr = random.Random(int(sys.argv[1]))\nprint(r.random())", ""},
		{"by the environment", "import os\nprint(os.environ['SEED'])", ""},
		{"by input", "from __future__ import annotations\nprint(input())", ""},
		{"by random", "import random\nprint(random.random())", ""},
		{"one for all seeds", "print(1)", ""},
		{"raises", "print(1 // 0)", "ended with error ZeroDivisionError"},
		{"no Python", "print(", "ended with error SyntaxError"},
		{"silent", "pass", "printed 0 bytes"},
		{"endless", "while True: pass", "ended with timeout"},
		{"too much", "while True: print('x' * 1000)", "printed more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before []string
			for range 2 {
				inputs, why, err := Inputs(t.Context(), box, c.generator, 3, seed.Inputs(1, "p"))
				if err != nil || !strings.Contains(why, c.why) || (why == "") != (c.why == "") {
					t.Errorf("%q, %v", why, err)
				}
				want := 3
				if c.name == "one for all seeds" {
					want = 1
				}
				if c.why == "" && len(inputs) != want || c.why != "" && len(inputs) > 0 {
					t.Errorf("%d inputs: %.200q", len(inputs), inputs)
				}
				if d := cmp.Diff(before, inputs); before != nil && d != "" {
					t.Errorf("again (-first +second):\n%s", d)
				}
				before = inputs
			}
		})
	}
}

// A program that the model wrote gives inputs as its tests, less those that its own
// validator, or the problem's, does not allow; each of those is counted.
func TestGeneratedTests(t *testing.T) {
	box := newBox(t)
	const generator = "Generator:\n```python\nimport sys\nprint(int(sys.argv[1]) % 10)\n```\n"
	odd := "assert int(input()) % 2"
	fenced := "Validator:\n```python\n" + odd + "\n```\n"
	for _, c := range []struct {
		name, validator, text string
		extract               problem.Kind
		dropped               string
		cut                   bool
	}{
		{"allowed", "", generator, model.Generator, "", false},
		{"its own validator", "", generator + fenced, model.Generator, "", true},
		{"the problem's", odd, generator, model.Generator, "", true},
		{"none is allowed", "assert 0", generator, model.Generator, errForbidden.Error(), true},
		{"a generator that fails", "", "```python\nimport random\n1 / 0\n```", model.Generator, "ZeroDivisionError", false},
		{"pairs", odd, "Input: 1\nOutput: 1\n\nInput: 2\nOutput: 2\n", problem.Stdio, "", true},
		{"inputs", odd, "```\n1\n```\n```\n2\n```\n", problem.Stdin, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &Writer{Prompt: model.Prompt{Extract: c.extract}, Programs: box}
			a := &asked{task: Task{Problem: problem.Problem{ID: "p", Validator: c.validator}}, prompts: 1}
			var first journal.Sample
			for again := range 2 {
				got, err := w.read(t.Context(), a, engine.Sample{Seed: 7, Text: c.text, Finish: engine.FinishEOT})
				if err != nil {
					t.Fatal(err)
				}
				if again == 0 {
					first = got
				}
				if d := cmp.Diff(first, got); d != "" {
					t.Errorf("again (-first +second):\n%s", d)
				}
			}
			if !strings.Contains(first.Dropped, c.dropped) || (first.Dropped == "") != (len(first.Tests) > 0) {
				t.Errorf("dropped %q with %d tests", first.Dropped, len(first.Tests))
			}
			forbidden := 0
			for _, x := range first.Cut {
				if x.Why == problem.CutForbidden {
					forbidden++
				}
			}
			if (forbidden > 0) != c.cut || forbidden+len(first.Tests) > perGenerator {
				t.Errorf("%d inputs are forbidden, %d tests: %+v", forbidden, len(first.Tests), first.Cut)
			}
			for _, test := range first.Tests {
				if test.Kind == problem.Stdio != (c.extract == problem.Stdio) || test.Input == "" {
					t.Errorf("%+v", test.Test)
				}
			}
		})
	}
}

// Programs are run on the inputs of tests and on those of the problem's generator, as far
// as its validator allows them, and most of them that print the same win. A run that goes
// on runs none again.
func TestObservesPrograms(t *testing.T) {
	box := newBox(t)
	p := problem.Problem{
		ID: "p", Question: "Print the square.", TimeLimit: 0.1,
		Public:    []problem.Test{problem.StdioTest("2\n", "4\n")},
		Generator: "import sys\nprint(int(sys.argv[1]) % 100)",
		Validator: "assert int(input()) % 2",
	}
	var solutions []problem.Solution
	for k, code := range []string{"int(input())\nprint(4)", "x = int(input())\nprint(x * x)", "print(int(input()) ** 2)", "print(int(input()) * 2)"} {
		solutions = append(solutions, problem.Solution{TaskID: p.ID, Index: k, Code: code})
	}
	dir := filepath.Join(t.TempDir(), "run")
	for again := range 2 {
		watch := &countingPrograms{Sandbox: box}
		cfg := configOf(t, dir, nil, box, []problem.Problem{p}, [][]problem.Solution{solutions})
		if again == 0 {
			given{[]problem.Test{{Kind: problem.Stdin, Input: "8\n"}, problem.StdioTest("f( 3 )\n", "x")}}.fill(t, cfg.Journal)
		}
		cfg.Planner = budget.Fixed(budget.Uniform(1, 2))
		cfg.Selector, cfg.Observer, cfg.Mutations = rerank.Default, watch, 6
		results, err := run(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Journal.Close()
		r := results[0]
		var made, generated []string
		for _, o := range r.Calls {
			if o.Generation == problem.OfTests {
				made = append(made, o.Call)
			} else {
				generated = append(generated, o.Call)
			}
		}
		if d := cmp.Diff([]string{"2\n", "8\n"}, made); d != "" { // on the other nobody prints anything
			t.Errorf("inputs of tests (-want +got):\n%s", d)
		}
		even := func(s string) bool { return !strings.ContainsAny(s[len(s)-2:], "13579") }
		if len(generated) == 0 || slices.ContainsFunc(generated, even) {
			t.Errorf("generated inputs: %q, want odd ones", generated)
		}
		if row := r.RowOf[r.Choice.Solution]; row != 1 && row != 2 || r.Choice.Tied != 2 {
			t.Errorf("chose %d of %d equals", r.Choice.Solution, r.Choice.Tied)
		}
		if (watch.inputs == 0) != (again == 1) {
			t.Errorf("gone on %t: observed %d inputs", again == 1, watch.inputs)
		}
		if r.UsableTests() != 1 {
			t.Errorf("%d usable tests, want that with the input 8", r.UsableTests())
		}
	}
}

// A generator that fails costs its problem the inputs, and is told.
func TestBadGenerator(t *testing.T) {
	box := newBox(t)
	p := problem.Problem{ID: "p", Question: "q", Generator: "1/0", Public: []problem.Test{problem.StdioTest("1\n", "1\n")}}
	solutions := []problem.Solution{{TaskID: p.ID, Code: "print(1)"}, {TaskID: p.ID, Index: 1, Code: "print(input())"}}
	cfg := configOf(t, filepath.Join(t.TempDir(), "run"), nil, box, []problem.Problem{p}, [][]problem.Solution{solutions})
	cfg.Planner, cfg.Observer, cfg.Mutations = budget.Fixed(budget.Uniform(1, 0)), box, 3
	results, err := run(t.Context(), cfg)
	if err != nil || !strings.Contains(results[0].Ungenerated, "ZeroDivisionError") || len(results[0].Calls) != 1 {
		t.Errorf("%+v, %v", results, err)
	}
}

// countingPrograms counts what is really observed.
type countingPrograms struct {
	*sandbox.Sandbox
	inputs int
}

func (c *countingPrograms) Outputs(ctx context.Context, programs, inputs []string, checker problem.Checker, lim sandbox.Limits) (sandbox.Outputs, error) {
	c.inputs += len(inputs)
	return c.Sandbox.Outputs(ctx, programs, inputs, checker, lim)
}
