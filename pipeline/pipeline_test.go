package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"coderm/budget"
	"coderm/engine"
	"coderm/journal"
	"coderm/model"
	"coderm/passfile"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// arithmetic is an executor for programs that are numbers and tests that are
// divisors: a pair passes when the test divides the solution. The conductor's
// order of work can be tested with it a thousand times a second; the real
// sandbox is tested with the real pipeline in cmd/coderm.
type arithmetic struct {
	pairs atomic.Int64
	fail  func(pair int64) error
}

func (a *arithmetic) Matrix(ctx context.Context, solutions []string, tests []problem.Test, _ sandbox.Limits, yield func(i, j int, v sandbox.Verdict) error) error {
	for _, k := range rand.Perm(len(solutions) * len(tests)) {
		i, j := k/len(tests), k%len(tests)
		if err := a.fail(a.pairs.Add(1)); err != nil {
			return err
		}
		var n, d int
		fmt.Sscan(solutions[i], &n)
		fmt.Sscan(tests[j].Code, &d)
		v := sandbox.Verdict{Kind: sandbox.Fail}
		if n%d == 0 {
			v.Kind = sandbox.Pass
		}
		if err := yield(i, j, v); err != nil {
			return err
		}
	}
	return nil
}

func never(int64) error { return nil }

// drawn is a generator whose samples are a function of prompt, seed and index,
// finished in a random order. A prompt's hidden state is its length.
type drawn struct{ samples atomic.Int64 }

func (d *drawn) Generate(_ context.Context, sequence iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	requests := slices.Collect(sequence)
	for _, q := range rand.Perm(len(requests)) {
		r := requests[q]
		if r.Hidden != nil {
			if err := r.Hidden([]float32{float32(len(r.Prompt.Text))}); err != nil {
				return err
			}
		}
		for _, i := range rand.Perm(r.N) {
			d.samples.Add(1)
			k := r.FirstIndex + i
			s := engine.Sample{Index: k, Seed: r.Seed, Finish: engine.FinishEOT, Text: fmt.Sprintf("%d) # %d\n", 2+(len(r.Prompt.Text)+7*k)%9, k)}
			if err := yield(q, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func inputs() ([]problem.Problem, [][]problem.Solution) {
	var ps []problem.Problem
	var ss [][]problem.Solution
	for i := range 5 {
		p := problem.Problem{ID: fmt.Sprint("p", i), EntryPoint: "f", Prompt: "def f():"}
		var list []problem.Solution
		for k := range 6 {
			list = append(list, problem.Solution{TaskID: p.ID, Index: k, Code: fmt.Sprint(12 * (1 + (k+i)%4))})
		}
		ps, ss = append(ps, p), append(ss, list)
	}
	return ps, ss
}

func config(t *testing.T, dir string, source Source, exec Executor) Config {
	t.Helper()
	ps, ss := inputs()
	return configOf(t, dir, source, exec, ps, ss)
}

func configOf(t *testing.T, dir string, source Source, exec Executor, ps []problem.Problem, ss [][]problem.Solution) Config {
	t.Helper()
	sel := majority(t)
	plan, err := budget.PlannerFor("uniform", len(ps), 8*len(ps), sel)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Source: source, Planner: plan, Executor: exec,
		Selector: sel, Seed: 1, Journal: begin(t, dir, ps, ss), Running: 2,
	}
}

func majority(t testing.TB) rerank.Selector {
	t.Helper()
	return rerank.Selector{Rule: rerank.Majority, Granularity: rerank.ByMethod}
}

func begin(t *testing.T, dir string, ps []problem.Problem, ss [][]problem.Solution) *journal.Journal {
	t.Helper()
	o, err := journal.Take(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	for i, p := range ps {
		err := o.AddProblem(t.Context(), i, p)
		for _, s := range ss[i] {
			err = errors.Join(err, o.AddSolution(t.Context(), i, s))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	j, err := o.Journal(t.Context(), journal.Fingerprint{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

// run is Run with the results in the problems' order.
func run(ctx context.Context, c Config) ([]Result, error) {
	var out []Result
	err := Run(ctx, c, func(r Result) error {
		out = append(out, r)
		return nil
	})
	slices.SortFunc(out, func(a, b Result) int { return strings.Compare(a.Problem.ID, b.Problem.ID) })
	return out, err
}

func writer(g engine.Model) *Writer {
	return &Writer{
		Engine: g, Prompt: model.CodeT(), MaxTokens: 10,
	}
}

// divisors makes tests the arithmetic executor understands out of the samples.
type divisors struct{ *Writer }

func (d divisors) Draw(ctx context.Context, orders iter.Seq[Order], yield func(int, journal.Sample) error) error {
	return d.Writer.Draw(ctx, orders, func(order int, s journal.Sample) error {
		for i := range s.Tests {
			s.Tests[i].Code = strings.TrimPrefix(s.Tests[i].Code, "assert f(")
		}
		return yield(order, s)
	})
}

func scores(t *testing.T, results []Result) []passfile.Line {
	t.Helper()
	var out []passfile.Line
	for _, r := range results {
		out = append(out, ScoresOf(r))
	}
	return out
}

// A run that fails at any pair and is repeated ends with the same scores, and
// draws again at most the sample that was being handed over when it failed.
func TestResumeAnywhere(t *testing.T) {
	g, exec := &drawn{}, &arithmetic{fail: never}
	results, err := run(t.Context(), config(t, filepath.Join(t.TempDir(), "calm"), divisors{writer(g)}, exec))
	if err != nil {
		t.Fatal(err)
	}
	want, pairs, samples := scores(t, results), exec.pairs.Load(), g.samples.Load()
	if samples != 40 || pairs < 100 {
		t.Fatalf("%d samples, %d pairs", samples, pairs)
	}
	for at := int64(1); at < pairs; at += 17 {
		dir := filepath.Join(t.TempDir(), "run")
		g, exec := &drawn{}, &arithmetic{}
		exec.fail = func(n int64) error {
			if n == at {
				return fmt.Errorf("stopped at pair %d", n)
			}
			return nil
		}
		first := config(t, dir, divisors{writer(g)}, exec)
		if _, err := run(t.Context(), first); err == nil {
			t.Fatal("the failure was swallowed")
		}
		first.Journal.Close()
		results, err := run(t.Context(), config(t, dir, divisors{writer(g)}, exec))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, scores(t, results)); d != "" {
			t.Fatalf("stopped at pair %d (-calm +resumed):\n%s", at, d)
		}
		if n := g.samples.Load(); n > samples+1 {
			t.Errorf("stopped at pair %d: %d samples drawn, want %d", at, n, samples)
		}
	}
}

func TestChoiceDependsOnSeedOnly(t *testing.T) {
	ranking := []rerank.Ranked{{Solution: 0, Score: 2}, {Solution: 1, Score: 2}, {Solution: 2, Score: 1, Tie: 1}}
	w := &work{problem: problem.Problem{ID: "x"}, rowOf: []int{0, 1, 2, 1}}
	seen := map[int]int{}
	for seed := range uint64(3000) {
		c := choose(ranking, w, seed)
		if again := choose(ranking, w, seed); again != c {
			t.Fatalf("seed %d: %v, then %v", seed, c, again)
		}
		if c.Tied != 3 {
			t.Fatalf("%d solutions are tied, want 3", c.Tied)
		}
		seen[c.Solution]++
	}
	for _, i := range []int{0, 1, 3} { // each copy has its own chance
		if n := seen[i]; n < 850 || n > 1150 {
			t.Errorf("solution %d was taken %d times of 3000", i, n)
		}
	}
}

// Any set of generations is asked for exactly once, whatever the prompts.
func TestRunsOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		gens := rapid.SliceOfNDistinct(rapid.IntRange(0, 60), 0, 40, rapid.ID[int]).Draw(t, "generations")
		slices.Sort(gens)
		prompts := rapid.IntRange(1, 5).Draw(t, "prompts")
		var got []int
		for _, s := range runsOf(gens, prompts) {
			for i := range s.n {
				got = append(got, (s.first+i)*prompts+s.prompt)
			}
		}
		slices.Sort(got)
		if !slices.Equal(gens, got) {
			t.Fatalf("asked for %v, want %v", got, gens)
		}
	})
}

func TestOutcome(t *testing.T) {
	two := []sandbox.Method{{Name: "a", Kind: sandbox.Pass}, {Name: "b", Kind: sandbox.Error}}
	for _, tt := range []struct {
		v      sandbox.Verdict
		method string
		want   rerank.Outcome
	}{
		{sandbox.Verdict{Kind: sandbox.Pass}, "", rerank.Pass},
		{sandbox.Verdict{Kind: sandbox.Fail}, "", rerank.Fail},
		{sandbox.Verdict{Kind: sandbox.Crash}, "", rerank.Error},
		{sandbox.Verdict{Kind: sandbox.Memory}, "", rerank.Timeout},
		{sandbox.Verdict{Kind: sandbox.Infra}, "", rerank.Unrun},
		{sandbox.Verdict{Kind: sandbox.Error, Broken: true}, "a", rerank.Broken},
		{sandbox.Verdict{Kind: sandbox.Error, Methods: two}, "a", rerank.Pass},
		{sandbox.Verdict{Kind: sandbox.Error, Methods: two}, "b", rerank.Error},
		{sandbox.Verdict{Kind: sandbox.Timeout, Methods: two}, "c", rerank.Timeout},
	} {
		if got := Outcome(tt.v, tt.method); got != tt.want {
			t.Errorf("Outcome(%v, %q) = %v, want %v", tt.v.Kind, tt.method, got, tt.want)
		}
	}
}
