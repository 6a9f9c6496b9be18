package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/internal/fsx"
	"coderm/run"
	"coderm/run/reproduce"
)

// reproduceOptions are the flags of reproduce.
type reproduceOptions struct {
	out                  string
	benchmarks, policies []string
	workers              int
}

func (a *app) reproduceCmd() *cobra.Command {
	var o reproduceOptions
	c := &cobra.Command{
		Use:   "reproduce CLONE --out DIR",
		Short: "Make the CodeRM paper's tables from its authors' files",
		Long: `Reads the results in a clone of RUCKBReasoning/CodeRM (with the large files in
data/result), runs the published unit tests on the first 100 published solutions
of each problem in the sandbox, and prints the paper's tables with its figures
beside ours: best of 100 for each benchmark and policy model, the quality of the
tests, the choice by number of tests, and counts of what is done in another way
than there. docs/coderm.md explains the differences.

DIR/BENCHMARK/JUDGE/POLICY gets the inputs and the run of each; repeat the command
to go on where it stopped. DIR/tables.md has the tables.`,
		Example: `  coderm reproduce CodeRM --out reproduced/
  coderm reproduce CodeRM --benchmark humaneval+ --policy llama3-8b --out reproduced/`,
		Args: oneArg("the clone's folder"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.out == "" {
				return usageError("reproduce: where to? give --out DIR")
			}
			if err := run.CheckThreads("workers", o.workers); err != nil {
				return err
			}
			return a.reproduce(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "`FOLDER` for the inputs, the runs and the tables")
	f.StringSliceVar(&o.benchmarks, "benchmark", nil, "only these: humaneval+, mbpp+, livecodebench")
	f.StringSliceVar(&o.policies, "policy", nil, "only these policy models, as the files name them")
	f.IntVar(&o.workers, "workers", 0, "sandbox workers (default: one a core)")
	return c
}

func (a *app) reproduce(ctx context.Context, clone string, o reproduceOptions) error {
	experiments, err := reproduce.Find(clone, o.out, o.benchmarks, o.policies)
	if err != nil {
		return err
	}
	var results []*reproduce.Result
	for _, e := range experiments {
		if !a.quiet {
			fmt.Fprintf(a.stderr, "%s, solutions of %s, tests of %s\n", e.Benchmark, e.Policy, e.Judge)
		}
		spec, err := e.Prepare(ctx)
		if err != nil {
			return err
		}
		spec.Workers = o.workers
		if err := a.justRun(ctx, spec); err != nil {
			return err
		}
		r, err := e.Measure(ctx)
		if err != nil {
			return fmt.Errorf("measuring %s of %s: %w", e.Benchmark, e.Policy, err)
		}
		results = append(results, r)
	}
	write := func(w io.Writer) error { return reproduce.Markdown(w, results) }
	if err := fsx.WriteBuffered(filepath.Join(o.out, "tables.md"), write); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(results)
	}
	return write(a.stdout)
}

// justRun does a run for what it records.
func (a *app) justRun(ctx context.Context, spec run.Spec) error {
	r, err := run.Open(ctx, spec, run.Env{Log: a.log})
	if err != nil {
		return err
	}
	defer r.Close()
	return a.do(ctx, r, spec.Out)
}
