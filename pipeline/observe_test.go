package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/budget"
	"coderm/journal"
	"coderm/passfile"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// counting counts what is really observed.
type counting struct {
	*sandbox.Sandbox
	calls, tests int
}

func (c *counting) CallsOf(ctx context.Context, solutions []string, tests []problem.Test, entryPoint string, lim sandbox.Limits) ([][]sandbox.Made, error) {
	c.tests += len(tests)
	return c.Sandbox.CallsOf(ctx, solutions, tests, entryPoint, lim)
}

func (c *counting) Observe(ctx context.Context, solutions, calls []string, lim sandbox.Limits) ([][]problem.Observation, sandbox.ObserveCost, error) {
	c.calls += len(calls)
	return c.Sandbox.Observe(ctx, solutions, calls, lim)
}

// given are tests that need no model: one a generation.
type given struct{ tests []problem.Test }

func (g given) fill(t *testing.T, j *journal.Journal) {
	t.Helper()
	for k, test := range g.tests {
		s := journal.Sample{Generation: k, Sampled: problem.Sampled{Finish: "given", Solution: -1}}
		s.Tests = []journal.Test{{Origin: problem.Origin{Generation: k}, Test: test}}
		if err := j.AddSample(t.Context(), 0, s); err != nil {
			t.Fatal(err)
		}
	}
}

// What candidates return on the tests' calls and on others is evidence: nothing
// that the only test says tells these candidates apart, but two of three agree. A
// run that goes on observes nothing again and chooses alike.
func TestObserves(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	p := problem.Problem{ID: "p", EntryPoint: "f", Prompt: "def f(x):\n"}
	codes := []string{
		"def f(x):\n    return 4 if x == 2 else 1/0",
		"def f(x):\n    return x * x",
		"def f(x):\n    return x ** 2",
	}
	var solutions []problem.Solution
	for k, code := range codes {
		solutions = append(solutions, problem.Solution{TaskID: p.ID, Index: k, Code: code})
	}
	unit := "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        for x in 2, 2:\n            self.assertEqual(f(x), 4)\n"
	methods := "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(2), 4)\n" +
		"    def test_b(self):\n        self.assertEqual(f(f(2)), 16)\n"
	one := passfile.Claims{{Call: 0}}
	for _, c := range []struct {
		name     string
		tests    []problem.Test
		examples []problem.Test
		first    []string // the calls of tests
		claims   []passfile.Claims
	}{
		{"assert", problem.PythonTests([]string{"assert f(2) == 4", "assert f( 2 )==4"}), nil, []string{"f(2)"}, []passfile.Claims{one, one}},
		{"unittest", problem.PythonTests([]string{unit}), nil, []string{"f(2)"}, []passfile.Claims{one}},
		{"methods", problem.PythonTests([]string{methods}), nil, []string{"f(2)", "f(4)"}, []passfile.Claims{one, {{Call: 0}, {Call: 1}}}},
		{"examples", nil, problem.PythonTests([]string{"assert f(2) == 4"}), []string{"f(2)"}, nil},
		{"examples beside tests", problem.PythonTests([]string{"assert f(2) == 4"}), problem.PythonTests([]string{"assert f(300) == 1 / 0"}), []string{"f(300)", "f(2)"}, []passfile.Claims{{{Call: 1}}}},
		{"inputs alone", []problem.Test{{Kind: problem.Call, Input: "f( 2 )"}, {Kind: problem.Call, Input: "f(2)"}}, nil, []string{"f(2)"}, nil},
		{"none", nil, nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			var lines [2]any
			for again := range 2 {
				watch := &counting{Sandbox: box}
				p.Public = c.examples
				cfg := configOf(t, dir, nil, box, []problem.Problem{p}, [][]problem.Solution{solutions})
				if again == 0 {
					given{c.tests}.fill(t, cfg.Journal)
				}
				cfg.Planner = budget.Fixed(budget.Uniform(1, len(c.tests)))
				cfg.Selector, cfg.Observer, cfg.Mutations = rerank.Default, watch, 6
				results, err := run(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				r := results[0]
				cfg.Journal.Close()
				var first []string
				mutated := 0
				for _, o := range r.Calls {
					if o.Generation == problem.OfTests {
						first = append(first, o.Call)
					} else {
						mutated++
					}
				}
				if d := cmp.Diff(c.first, first); d != "" {
					t.Errorf("calls of tests (-want +got):\n%s", d)
				}
				if n := watch.calls; again == 1 && n > 0 || again == 0 && n != min(1, len(c.first))*cfg.Mutations+len(c.first) {
					t.Errorf("observed %d calls, gone on: %v", n, again == 1)
				}
				if again == 1 && watch.tests > 0 {
					t.Errorf("gone on, it runs %d tests for their calls again", watch.tests)
				}
				if len(c.first) > 0 {
					if mutated == 0 || r.RowOf[r.Choice.Solution] == 0 || r.Choice.Tied != 2 {
						t.Errorf("%d mutated calls, chose %d of %d equals, want one of the two that square", mutated, r.Choice.Solution, r.Choice.Tied)
					}
				}
				line := ScoresOf(r)
				if d := cmp.Diff(c.claims, line.Claims); d != "" {
					t.Errorf("claims (-want +got):\n%s", d)
				}
				var written bytes.Buffer
				var back passfile.Line
				if err := errors.Join(passfile.Write(&written, &line), json.Unmarshal(written.Bytes(), &back)); err != nil {
					t.Fatal(err)
				}
				if read, err := back.Evidence(); err != nil || !cmp.Equal(rerank.Default.Rank(read), r.Ranking) {
					t.Errorf("scores.jsonl gives another ranking than the run, %v", err)
				}
				lines[again] = line
			}
			if d := cmp.Diff(lines[0], lines[1]); d != "" {
				t.Errorf("gone on (-first +second):\n%s", d)
			}
		})
	}
}
