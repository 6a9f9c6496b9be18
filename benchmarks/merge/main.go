// Command merge measures what merging shards takes, in processor time and memory, by the
// number of pairs:
//
//	go run ./benchmarks/merge [-shards 8] [-problems 25,50,100]
//
// A problem has 100 distinct solutions and 100 tests, so 10,000 pairs. Building the shards
// is not measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"coderm/journal"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

const solutions, tests = 100, 100

func main() {
	log.SetFlags(0)
	shards := flag.Int("shards", 8, "how many shards are merged")
	sizes := flag.String("problems", "25,50,100", "how many problems, several with commas between")
	measured := flag.String("merge", "", "(for its own use) merge the shards in this folder and tell the cost")
	flag.Parse()
	ctx := context.Background()
	if *measured != "" {
		if err := merge(ctx, *measured); err != nil {
			log.Fatal(err)
		}
		return
	}
	for size := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(size)
		if err == nil {
			err = measure(ctx, n, *shards)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
}

// measure has a process of its own merge shards of n problems: its memory is that of the
// merging alone.
func measure(ctx context.Context, n, shards int) (err error) {
	dir, err := os.MkdirTemp("", "coderm-merge-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	for i := range shards {
		if err := build(ctx, filepath.Join(dir, fmt.Sprint("shard-", i)), n, problem.Shard{Index: i, Of: shards}); err != nil {
			return err
		}
	}
	c := exec.CommandContext(ctx, os.Args[0], "-merge", dir)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return err
	}
	used := c.ProcessState.SysUsage().(*syscall.Rusage)
	cpu := c.ProcessState.UserTime() + c.ProcessState.SystemTime()
	size, err := os.Stat(filepath.Join(dir, "run", journal.Name))
	if err != nil {
		return err
	}
	pairs := n * solutions * tests
	fmt.Printf("%d pairs of %d problems in %d shards: %.1f s of processor, %.2f µs a pair, %d MiB at most, run.db %d bytes a pair\n",
		pairs, n, shards, cpu.Seconds(), float64(cpu.Microseconds())/float64(pairs), used.Maxrss>>10, size.Size()/int64(pairs))
	return nil
}

func merge(ctx context.Context, dir string) error {
	dirs, err := filepath.Glob(filepath.Join(dir, "shard-*"))
	if err != nil {
		return err
	}
	_, err = run.Merge(ctx, dirs, filepath.Join(dir, "run"), run.Env{}, func() {})
	return err
}

// build writes a shard as a run of given tests would leave it.
func build(ctx context.Context, dir string, n int, shard problem.Shard) error {
	o, err := journal.Take(ctx, dir)
	if err != nil {
		return err
	}
	defer o.Close()
	var mine []int
	for k := range n {
		p := problem.Problem{ID: fmt.Sprint("problem/", k), Question: strings.Repeat("words ", 100), EntryPoint: "f"}
		if !shard.Has(p.ID) {
			continue
		}
		mine = append(mine, k)
		if err := o.AddProblem(ctx, k, p); err != nil {
			return err
		}
		for i := range solutions {
			s := problem.Solution{TaskID: p.ID, Index: i, Code: fmt.Sprintf("def f(x):\n    return x + %d\n%s", i, strings.Repeat("    # more\n", 40))}
			if err := o.AddSolution(ctx, k, s); err != nil {
				return err
			}
		}
		for g := range tests {
			t := journal.Test{Origin: problem.Origin{Generation: g}, Test: problem.PythonTest(fmt.Sprintf("assert f(%d) == %d", g, g))}
			if err := o.AddGiven(ctx, k, problem.Sampled{Finish: "given", Solution: -1}, t); err != nil {
				return err
			}
		}
	}
	j, err := o.Journal(ctx, journal.Fingerprint{"shard": shard.String(), "seed": "1", "guest": "as built here"})
	if err != nil {
		return err
	}
	defer j.Close()
	for _, k := range mine {
		var cells []journal.Cell
		for i := range solutions {
			for g := range tests {
				v := sandbox.Verdict{Kind: sandbox.Fail, TestsRun: 1, Failures: 1, Fuel: 120_000, Detail: "AssertionError (test.py:1)"}
				if i == 0 {
					v = sandbox.Verdict{Kind: sandbox.Pass, TestsRun: 1, Fuel: 120_000}
				}
				cells = append(cells, journal.Cell{Origin: problem.Origin{Generation: g}, Solution: i, Verdict: v})
			}
		}
		if err := j.AddCells(ctx, k, cells); err != nil {
			return err
		}
		if err := j.Finish(ctx, k, nil, nil); err != nil {
			return err
		}
	}
	return nil
}
