// Package bench measures how fast the sandbox runs pairs on this machine.
package bench

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"coderm/internal/cputime"
	"coderm/problem"
	"coderm/sandbox"
)

// Result is one measurement.
type Result struct {
	Name        string  `json:"name"`
	Pairs       int     `json:"pairs"`
	Seconds     float64 `json:"seconds"`
	PairsPerSec float64 `json:"pairs_per_second"`
	CPUMillis   float64 `json:"cpu_ms_per_pair"`
}

// Run starts a sandbox and measures pairs one by one (nil: of a workload of its
// own), a matrix, and the same with nothing to run, which is our overhead.
func Run(ctx context.Context, open func() (*sandbox.Sandbox, error), pairs []sandbox.Pair, limits sandbox.Limits) ([]Result, error) {
	if pairs == nil {
		pairs = repeat(solution, test)
	}
	started := time.Now()
	box, err := open()
	if err != nil {
		return nil, err
	}
	defer box.Close()
	results := []Result{{Name: "start", Seconds: time.Since(started).Seconds()}}
	inOrder := func(pairs []sandbox.Pair) job {
		return func(done func() error) error {
			return box.Pairs(ctx, slices.Values(pairs), limits, func(int, sandbox.Verdict) error { return done() })
		}
	}
	const rows, columns = 40, 50
	matrix := func(solution, test string) job {
		return func(done func() error) error {
			return box.Matrix(ctx, variants(solution, rows), problem.PythonTests(variants(test, columns)), limits,
				func(int, int, sandbox.Verdict) error { return done() })
		}
	}
	warm, idle := pairs[:min(rows, len(pairs))], repeat(nothing, nothing)
	for _, m := range []struct {
		name  string
		pairs int
		job   job
	}{
		{"warm up", len(warm), inOrder(warm)},
		{"independent pairs", len(pairs), inOrder(pairs)},
		{"matrix of 40 x 50", rows * columns, matrix(solution, test)},
		{"overhead, independent pairs", len(idle), inOrder(idle)},
		{"overhead, matrix of 40 x 50", rows * columns, matrix(nothing, nothing)},
	} {
		r, err := measure(m.name, m.pairs, m.job)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// Text writes the results for people.
func Text(w io.Writer, results []Result) error {
	for _, r := range results {
		var err error
		if r.Pairs == 0 {
			_, err = fmt.Fprintf(w, "%-30s %8.1f ms\n", r.Name, r.Seconds*1e3)
		} else {
			_, err = fmt.Fprintf(w, "%-30s %8d pairs %10.0f pairs/s %8.3f ms CPU a pair\n", r.Name, r.Pairs, r.PairsPerSec, r.CPUMillis)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// job is work to measure, which calls done after each pair.
type job func(done func() error) error

func repeat(solution, test string) []sandbox.Pair {
	return slices.Repeat([]sandbox.Pair{{Solution: solution, Test: problem.PythonTest(test)}}, 400)
}

// variants makes n texts that differ, so that none is run only once.
func variants(text string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s\n# variant %d\n", text, i)
	}
	return out
}

// measure times a job.
func measure(name string, pairs int, f job) (Result, error) {
	start, cpu := time.Now(), cputime.Used()
	got := 0
	err := f(func() error { got++; return nil })
	if err == nil && got != pairs {
		err = fmt.Errorf("bench: %s: %d verdicts for %d pairs", name, got, pairs)
	}
	spent := time.Since(start)
	return Result{
		Name: name, Pairs: pairs, Seconds: spent.Seconds(),
		PairsPerSec: float64(pairs) / spent.Seconds(),
		CPUMillis:   (cputime.Used() - cpu).Seconds() * 1e3 / float64(pairs),
	}, err
}
