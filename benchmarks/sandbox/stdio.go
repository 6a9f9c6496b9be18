package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"coderm/internal/contest"
	"coderm/internal/cputime"
	"coderm/problem"
	"coderm/sandbox"
)

// linesChecker is a problem's checker that compares as the sandbox does without one.
const linesChecker = `import sys

def lines(path):
    text = open(path, newline="").read()
    return [line.rstrip(" \r\t") for line in text.rstrip(" \r\t\n").split("\n")]

_, _, output, answer = sys.argv
sys.exit(lines(output) != lines(answer))
`

// stdio runs contest programs on small inputs, natively and here: how many verdicts
// are not what native CPython's output and exit status say, every fifth pair wanting
// something else, and what a pair takes of the processor, by itself and in a matrix.
func stdio(ctx context.Context, o options) error {
	programs, err := contest.Programs()
	if err != nil {
		return err
	}
	jobs := contest.Small(programs, o.count)
	runs, err := contest.Native(ctx, o.python, jobs)
	if err != nil {
		return err
	}
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	pairs := make([]sandbox.Pair, len(jobs))
	wanted := make([]sandbox.Kind, len(jobs))
	tests := make([][]problem.Test, len(programs))
	native := 0.0
	for i, r := range runs {
		native += r.CPU
		expected := r.Stdout
		if wanted[i] = sandbox.Pass; i%5 == 4 {
			expected, wanted[i] = strings.TrimRight(expected, " \n")+"0", sandbox.Fail
		}
		if r.Status != 0 {
			wanted[i] = sandbox.Error
		}
		pairs[i] = sandbox.Pair{Solution: jobs[i].Text, Test: problem.StdioTest(r.Stdin, expected)}
		k := i % len(programs)
		tests[k] = append(tests[k], pairs[i].Test)
	}
	differ := map[string]bool{}
	counts := map[string]int{}
	check := func(i int, v sandbox.Verdict) error {
		counts[v.Kind.String()]++
		if v.Kind != wanted[i] {
			differ[fmt.Sprintf("%s, size %d, seed %d: %v (%s), natively %v", jobs[i].Name, jobs[i].Size, jobs[i].Seed, v.Kind, v.Detail, wanted[i])] = true
		}
		return nil
	}
	before := cputime.Used()
	if err := s.Pairs(ctx, slices.Values(pairs), sandbox.Limits{}, check); err != nil {
		return err
	}
	alone := (cputime.Used() - before).Seconds()
	matrix := func() (seconds float64, err error) {
		clear(counts)
		before := cputime.Used()
		for k, p := range programs {
			err := s.Matrix(ctx, []string{p.Text}, tests[k], sandbox.Limits{}, func(_, j int, v sandbox.Verdict) error {
				return check(j*len(programs)+k, v)
			})
			if err != nil {
				return 0, err
			}
		}
		return (cputime.Used() - before).Seconds(), nil
	}
	byLines, err := matrix()
	if err != nil {
		return err
	}
	for k := range tests {
		for j := range tests[k] {
			tests[k][j].Compare = problem.Checker{Kind: problem.CheckPython, Source: linesChecker}
		}
	}
	byPython, err := matrix()
	if err != nil {
		return err
	}
	for _, line := range slices.Sorted(maps.Keys(differ)) {
		fmt.Println(line)
	}
	n := float64(len(jobs)) / 1e3
	fmt.Printf("%d pairs of %d programs: %v, %d differ; CPU ms a pair: natively %.2f, here %.2f by itself (%.1f times), %.2f in a matrix (%.1f times), %.2f there with a checker in Python\n",
		len(jobs), len(programs), counts, len(differ), native/n, alone/n, native/alone, byLines/n, native/byLines, byPython/n)
	return nil
}

// tooShort is what of native CPU seconds tells nothing of a rate.
const tooShort = 0.02

// rates runs the programs on large inputs, natively and here, and says how much fuel
// and processor time a native second is.
func rates(ctx context.Context, o options) error {
	programs, err := contest.Programs()
	if err != nil {
		return err
	}
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	var start []contest.Job
	for range 5 { // what a process takes before it runs anything
		start = append(start, contest.Job{Program: contest.Program{Text: "", Input: ""}})
	}
	empty, err := contest.Native(ctx, o.python, start)
	if err != nil {
		return err
	}
	slices.SortFunc(empty, func(a, b contest.Run) int { return int((a.CPU - b.CPU) * 1e9) })
	begin := empty[len(empty)/2].CPU
	var fuels, times []float64
	fmt.Println("1e9 fuel a native second, processor time here to natively, native ms, program")
	for _, p := range programs {
		jobs := slices.Repeat([]contest.Job{{Program: p, Size: p.Large, Seed: o.seed}}, o.rounds)
		runs, err := contest.Native(ctx, o.python, jobs)
		if err != nil {
			return err
		}
		slices.SortFunc(runs, func(a, b contest.Run) int { return int((a.CPU - b.CPU) * 1e9) })
		r := runs[0] // the least: a process is slowed by others, never sped up
		pair := sandbox.Pair{Solution: p.Text, Test: problem.StdioTest(r.Stdin, r.Stdout)}
		lim := sandbox.Limits{Fuel: 1e12, Memory: 1 << 30}
		here := 0.0
		var v sandbox.Verdict
		for i := range o.rounds {
			before := cputime.Used()
			if v, err = s.Run(ctx, pair, lim); err != nil {
				return err
			}
			if took := (cputime.Used() - before).Seconds(); i == 0 || took < here {
				here = took
			}
		}
		cpu := r.CPU - begin
		if v.Kind != sandbox.Pass && r.Status == 0 {
			fmt.Fprintf(os.Stderr, "%s: %v %s\n", p.Name, v.Kind, v.Detail)
		}
		fmt.Printf("%6.1f %5.1f %6.0f  %s\n", float64(v.Fuel)/cpu/1e9, here/cpu, cpu*1e3, p.Name)
		if cpu > tooShort {
			fuels, times = append(fuels, float64(v.Fuel)/cpu/1e9), append(times, here/cpu)
		}
	}
	slices.Sort(fuels)
	slices.Sort(times)
	n := len(fuels)
	fmt.Printf("%d programs of 20 ms and more: 1e9 fuel a native second %.1f in the median, %.1f to %.1f; processor time %.1f times, %.1f to %.1f\n",
		n, fuels[n/2], fuels[0], fuels[n-1], times[n/2], times[0], times[n-1])
	return nil
}
