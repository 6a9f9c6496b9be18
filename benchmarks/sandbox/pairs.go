package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"coderm/benchmarks/codegen16b"
	"coderm/problem"
	"coderm/sandbox"
)

// pair is a line of the pairs file.
type pair struct {
	ID       string `json:"id"`
	Solution string `json:"solution"`
	Test     string `json:"test"`
}

const (
	pairRows    = 10 // solutions taken from a problem
	pairColumns = 10 // generations taken from a problem
)

func pairs(_ context.Context, o options) error {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	return writePairs(out, o)
}

// writePairs writes o.count pairs of solutions and generations without
// timeouts, neighbours sharing their solution.
func writePairs(out io.Writer, o options) error {
	problems, err := o.load()
	if err != nil {
		return err
	}
	lines := json.NewEncoder(out)
	left := o.count
	for _, p := range problems {
		programs := p.Programs()
		for i, program := range programs[:min(pairRows, len(programs))] {
			if strings.ContainsRune(p.Matrix[i], codegen16b.Timeout) {
				continue
			}
			columns := 0
			for g, tests := range p.Generations {
				if len(tests) == 0 || columns == pairColumns {
					continue
				}
				columns++
				if left == 0 {
					return nil
				}
				left--
				if err := lines.Encode(pair{pairID(p.TaskID, i, g), program, testProgram(p.Tests, tests, o.style)}); err != nil {
					return err
				}
			}
		}
	}
	return fmt.Errorf("the data have only %d such pairs", o.count-left)
}

// testProgram writes a generation's asserts as one test.
func testProgram(all []string, ids []int, style string) string {
	var b strings.Builder
	if style == "unittest" {
		b.WriteString("import unittest\n\n\nclass TestSolution(unittest.TestCase):\n")
	}
	for k, id := range ids {
		if style == "unittest" {
			fmt.Fprintf(&b, "    def test_%d(self):\n        ", k)
		}
		b.WriteString(all[id] + "\n")
	}
	return b.String()
}

// runPairs runs a pairs file from standard input and prints what native.py
// prints. As a matrix, the pairs are grouped by the solutions' problem.
func runPairs(ctx context.Context, o options) error {
	var all []pair
	err := problem.LinesFrom(os.Stdin, "standard input", func(line []byte) error {
		var p pair
		all = append(all, p)
		return json.Unmarshal(line, &all[len(all)-1])
	})
	if err != nil {
		return err
	}
	s, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	counts := map[sandbox.Kind]int{}
	lim := sandbox.Limits{Fuel: o.fuel}
	watch := startWatch()
	name := "matrix"
	if o.single {
		name = "pairs"
		list := make([]sandbox.Pair, len(all))
		for k, p := range all {
			list[k] = sandbox.Pair{Solution: p.Solution, Test: problem.PythonTest(p.Test)}
		}
		err = s.Pairs(ctx, slices.Values(list), lim, func(_ int, v sandbox.Verdict) error {
			counts[v.Kind]++
			return nil
		})
	} else {
		err = byProblem(ctx, s, all, lim, counts)
	}
	if err != nil {
		return err
	}
	elapsed, cpu := watch.read()
	return printJSON(map[string]any{
		"how": name, "pairs": len(all), "seconds": elapsed.Seconds(), "cpu_seconds": cpu.Seconds(), "verdicts": counts,
	})
}

// byProblem runs the pairs of each problem as the cells of a matrix.
func byProblem(ctx context.Context, s *sandbox.Sandbox, all []pair, lim sandbox.Limits, counts map[sandbox.Kind]int) error {
	for start := 0; start < len(all); {
		end := start
		for end < len(all) && taskOf(all[end].ID) == taskOf(all[start].ID) {
			end++
		}
		group := all[start:end]
		start = end
		var solutions []string
		var tests []problem.Test
		wanted := map[[2]int]int{}
		for _, p := range group {
			wanted[[2]int{place(&solutions, p.Solution), place(&tests, problem.PythonTest(p.Test))}]++
		}
		want := func(i, j int) bool { return wanted[[2]int{i, j}] > 0 }
		err := s.Cells(ctx, solutions, tests, lim, want, func(i, j int, v sandbox.Verdict) error {
			counts[v.Kind] += wanted[[2]int{i, j}]
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// place is the index of x in list, added when it is not there.
func place[T comparable](list *[]T, x T) int {
	if k := slices.Index(*list, x); k >= 0 {
		return k
	}
	*list = append(*list, x)
	return len(*list) - 1
}
