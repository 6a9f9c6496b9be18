package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"coderm/internal/cputime"
	"coderm/problem"
	"coderm/sandbox"
)

// The workload of exec --bench when no --pairs are given: a plain function and
// the kind of test a model writes for it.
const (
	benchSolution = `from typing import List


def has_close_elements(numbers: List[float], threshold: float) -> bool:
    for i, a in enumerate(numbers):
        for b in numbers[i + 1:]:
            if abs(a - b) < threshold:
                return True
    return False
`
	benchTest = `import unittest


class TestHasCloseElements(unittest.TestCase):
    # No two numbers are closer than the threshold.
    def test_far(self):
        self.assertFalse(has_close_elements([1.0, 2.0, 3.0], 0.5))

    # Two numbers in the middle of the list are close.
    def test_close(self):
        self.assertTrue(has_close_elements([1.0, 2.8, 3.0, 4.0, 5.0, 2.0], 0.3))

    def test_empty(self):
        self.assertFalse(has_close_elements([], 0.5))

    def test_single(self):
        self.assertFalse(has_close_elements([1.0], 0.5))

    def test_negative(self):
        self.assertTrue(has_close_elements([-1.0, -1.1, 3.0], 0.5))


if __name__ == '__main__':
    unittest.main()
`
	// benchNothing has nothing to run: what it takes is our overhead.
	benchNothing = "pass\n"
)

// benchResult is one measurement.
type benchResult struct {
	Name        string  `json:"name"`
	Pairs       int     `json:"pairs"`
	Seconds     float64 `json:"seconds"`
	PairsPerSec float64 `json:"pairs_per_second"`
	CPUMillis   float64 `json:"cpu_ms_per_pair"`
}

// benchSandbox measures pairs one by one, a matrix, and the matrix of nothing.
func (a *app) benchSandbox(ctx context.Context, o execOptions) error {
	pairs := slices.Repeat([]sandbox.Pair{{Solution: benchSolution, Test: problem.PythonTest(benchTest)}}, 400)
	if o.pairs != "" {
		var err error
		if _, pairs, err = a.readPairs(o.pairs); err != nil {
			return err
		}
	}
	started := time.Now()
	s, err := a.openIsolated(ctx, o.workers, o.isolation)
	if err != nil {
		return err
	}
	defer s.Close()
	results := []benchResult{{Name: "start", Seconds: time.Since(started).Seconds()}}

	run := func(name string, count int, f func(yield func() error) error) {
		if err == nil {
			var r benchResult
			r, err = measure(name, count, f)
			results = append(results, r)
		}
	}
	inOrder := func(pairs []sandbox.Pair) func(func() error) error {
		return func(yield func() error) error {
			return s.Pairs(ctx, slices.Values(pairs), o.limits.Sandbox(), func(int, sandbox.Verdict) error { return yield() })
		}
	}
	matrix := func(solution, test string, rows, columns int) func(func() error) error {
		return func(yield func() error) error {
			return s.Matrix(ctx, variants(solution, rows), problem.PythonTests(variants(test, columns)), o.limits.Sandbox(),
				func(int, int, sandbox.Verdict) error { return yield() })
		}
	}
	run("warm up", min(40, len(pairs)), inOrder(pairs[:min(40, len(pairs))]))
	run("independent pairs", len(pairs), inOrder(pairs))
	run("matrix of 40 x 50", 2000, matrix(benchSolution, benchTest, 40, 50))
	run("overhead, independent pairs", 400, inOrder(slices.Repeat([]sandbox.Pair{{Solution: benchNothing, Test: problem.PythonTest(benchNothing)}}, 400)))
	run("overhead, matrix of 40 x 50", 2000, matrix(benchNothing, benchNothing, 40, 50))
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(results)
	}
	for _, r := range results {
		if r.Pairs == 0 {
			fmt.Fprintf(a.stdout, "%-30s %8.1f ms\n", r.Name, r.Seconds*1e3)
			continue
		}
		fmt.Fprintf(a.stdout, "%-30s %8d pairs %10.0f pairs/s %8.3f ms CPU a pair\n", r.Name, r.Pairs, r.PairsPerSec, r.CPUMillis)
	}
	return nil
}

// variants makes n texts that differ, so that none is run only once.
func variants(text string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s\n# variant %d\n", text, i)
	}
	return out
}

// measure times f, which calls yield once a pair.
func measure(name string, pairs int, f func(yield func() error) error) (benchResult, error) {
	start, cpu := time.Now(), cputime.Used()
	got := 0
	err := f(func() error { got++; return nil })
	if err == nil && got != pairs {
		err = fmt.Errorf("bench: %s: %d verdicts for %d pairs", name, got, pairs)
	}
	spent := time.Since(start)
	return benchResult{
		Name: name, Pairs: pairs, Seconds: spent.Seconds(),
		PairsPerSec: float64(pairs) / spent.Seconds(),
		CPUMillis:   (cputime.Used() - cpu).Seconds() * 1e3 / float64(pairs),
	}, err
}
