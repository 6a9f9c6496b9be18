package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"coderm/internal/dirs"
)

// measurement is what native.py and the run command print.
type measurement struct {
	How      string         `json:"how"`
	Pairs    int            `json:"pairs"`
	Seconds  float64        `json:"seconds"`
	CPU      float64        `json:"cpu_seconds"`
	Verdicts map[string]int `json:"verdicts"`
}

// executor is one way to run the pairs.
type executor struct {
	name  string
	args  []string
	share int // runs every share-th of the problems' pairs only
}

// compare runs the same real pairs through the sandbox and the native
// executors, in turns, each on one core, and prints the medians of CPU time.
func compare(ctx context.Context, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	root, err := dirs.Repository()
	if err != nil {
		return err
	}
	native := filepath.Join(root, "benchmarks", "sandbox", "native.py")
	executors := []executor{
		{"sandbox, matrix", []string{self, "run", "-workers", "1"}, 1},
		{"sandbox, independent pairs", []string{self, "run", "-workers", "1", "-single"}, 1},
		{"CPython, a fork a pair", []string{"python3", native, "fork"}, 1},
		{"CPython, a fork a solution", []string{"python3", native, "rowfork"}, 1},
		{"CPython, a process a pair", []string{"python3", native, "process"}, 10},
	}
	fmt.Printf("%d pairs, tests as %s, %d rounds; CPU ms a pair, median (least – most)\n", o.count, o.style, o.rounds)
	var input bytes.Buffer
	if err := writePairs(&input, o); err != nil {
		return err
	}
	results := make([][]float64, len(executors))
	verdicts := make([]map[string]int, len(executors))
	for range o.rounds {
		for k, e := range executors {
			m, err := e.run(ctx, every(input.Bytes(), e.share))
			if err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			results[k] = append(results[k], m.CPU*1e3/float64(m.Pairs))
			verdicts[k] = m.Verdicts
		}
	}
	base := 0.0
	for k, e := range executors {
		slices.Sort(results[k])
		r := results[k]
		median := r[len(r)/2]
		if k == 0 {
			base = median
		}
		fmt.Printf("%-28s %8.3f (%.3f – %.3f)  %5.1f times the matrix   %v\n", e.name, median, r[0], r[len(r)-1], median/base, verdicts[k])
	}
	return nil
}

func (e executor) run(ctx context.Context, input []byte) (m measurement, err error) {
	c := exec.CommandContext(ctx, e.args[0], e.args[1:]...)
	c.Stdin = bytes.NewReader(input)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out, &m)
}

// every keeps each n-th line.
func every(lines []byte, n int) []byte {
	var out bytes.Buffer
	for k, line := range bytes.SplitAfter(lines, []byte("\n")) {
		if k%n == 0 {
			out.Write(line)
		}
	}
	return out.Bytes()
}

// taskOf is the problem's part of a pair's id, "HumanEval/1/solution/test".
func taskOf(id string) string {
	parts := strings.Split(id, "/")
	return strings.Join(parts[:len(parts)-2], "/")
}

// pairID names a pair.
func pairID(task string, solution, generation int) string {
	return task + "/" + strconv.Itoa(solution) + "/" + strconv.Itoa(generation)
}
