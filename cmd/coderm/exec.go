package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"coderm/run"
	"coderm/sandbox"
	"coderm/sandbox/bench"
	"coderm/sandbox/pairfile"
)

// execOptions are the flags of exec. The matrix mode is the run without its
// model and its choice.
type execOptions struct {
	pairs   string
	bench   bool
	workers int
	limits  run.Limits
	matrix  run.Spec
}

func (a *app) execCmd() *cobra.Command {
	o := execOptions{matrix: run.New(run.Exec)}
	c := &cobra.Command{
		Use:   "exec --pairs FILE.jsonl | --problems P --solutions S [--tests T] --out RUN/",
		Short: "Run solutions against tests in the sandbox",
		Long: `Runs independent pairs of a solution and a test, each line of FILE being
{"id": …, "solution": "source", "test": "source"}, or for a whole program stdin and
expected (what it should print) in place of test, and prints one verdict a pair in
the order of the input. FILE may be compressed; - is standard input. The test
sees the solution's names as if both were one module. It may consist of unittest
classes, test_* functions or plain asserts.

Verdicts: pass, fail (an assertion failed), error (another exception), timeout,
memory, crash, and infra (our own failure; never the program's).

With --problems and --solutions, runs every solution of a problem against the
examples its question states, and with --tests against every test of it, and
writes the pass matrix to RUN/scores.jsonl.

With --bench, measures how fast pairs run on this machine.`,
		Example: `  coderm exec --pairs pairs.jsonl --json > verdicts.jsonl
  coderm exec --bench`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			switch {
			case o.bench:
				return a.execBench(c.Context(), o)
			case o.matrix.Problems != "" && o.pairs == "":
				if !c.Flags().Changed("fuel") {
					o.limits.Fuel = sandbox.MatrixLimits().Fuel
				}
				return a.execMatrix(c.Context(), o)
			case o.pairs == "":
				return usageError("exec: give --pairs FILE, or --problems and --solutions, or --bench (see 'coderm exec --help')")
			}
			return a.execPairs(c.Context(), o)
		},
	}
	o.flags(c)
	a.graceFlag(c)
	return c
}

func (o *execOptions) flags(c *cobra.Command) {
	f := c.Flags()
	d, m := sandbox.DefaultLimits(), sandbox.MatrixLimits()
	f.StringVar(&o.pairs, "pairs", "", "`FILE` of pairs to run, JSONL; - for standard input")
	f.StringVar(&o.matrix.Problems, "problems", "", "problems `FILE` (JSONL; plain, .gz or .zst)")
	f.StringVar(&o.matrix.Solutions, "solutions", "", "solutions `FILE`")
	f.StringVar(&o.matrix.Tests, "tests", "", "tests `FILE`, or the folder of a run that wrote them, or of several; without, the questions' examples alone are run")
	f.StringVar(&o.matrix.Out, "out", "", "run `FOLDER`, new or to be resumed")
	subsetFlags(f, &o.matrix.Subset)
	shardFlag(f, &o.matrix.Shard)
	f.Uint64Var(&o.matrix.Seed, "seed", o.matrix.Seed, "seed of --sample")
	f.BoolVar(&o.bench, "bench", false, "measure pairs per second and the overhead of a pair")
	f.IntVar(&o.workers, "workers", 0, "sandbox workers (default: one a core)")
	f.Uint64Var(&o.limits.Fuel, "fuel", d.Fuel, fmt.Sprintf("wasm instructions a pair may take, about; with --problems the default is %d", m.Fuel))
	f.Int64Var(&o.limits.Memory, "memory", d.Memory, "bytes of memory a pair may use, Python itself included")
	f.DurationVar((*time.Duration)(&o.limits.Wall), "wall", d.Wall, "wall-clock backstop of a pair")
	f.Int64Var(&o.limits.Output, "output", d.Output, "bytes a pair may print")
	f.IntVar(&o.limits.GiveUp, "give-up", m.GiveUp, "with --problems: timeouts in a row after which a solution's other tests count as timeouts too (0: never)")
}

// check refuses flags that are out of range or belong to another mode.
func (o *execOptions) check(c *cobra.Command) error {
	mode := ""
	switch {
	case o.bench:
		mode = "--bench"
	case o.pairs != "":
		mode = "--pairs"
	}
	if mode != "" {
		if err := refuse(c.Flags(), "does not go with "+mode, "problems", "solutions", "tests", "out", "only", "limit", "sample", "shard", "seed"); err != nil {
			return err
		}
	}
	if err := run.CheckThreads("workers", o.workers); err != nil {
		return err
	}
	return o.limits.Check()
}

// openSandbox makes a sandbox whose messages go to the log, the one about the
// long first start also without --verbose.
func (a *app) openSandbox(ctx context.Context, workers int) (*sandbox.Sandbox, error) {
	if err := run.CheckThreads("workers", workers); err != nil {
		return nil, err
	}
	return sandbox.New(ctx, sandbox.Options{Workers: workers, Log: a.log})
}

// execMatrix is the main job's middle: given solutions, given tests, no choice.
func (a *app) execMatrix(ctx context.Context, o execOptions) error {
	spec := o.matrix
	for _, f := range [][2]string{{"solutions", spec.Solutions}, {"out", spec.Out}} {
		if f[1] == "" {
			return usageError("exec: --problems needs --%s too", f[0])
		}
	}
	spec.Limits, spec.Workers = o.limits, o.workers
	return a.runJob(ctx, spec)
}

func (a *app) readPairs(path string) ([]pairfile.Pair, error) {
	if path == "-" {
		pairs, err := pairfile.ReadFrom(a.stdin, "standard input")
		return pairs, asUsage(err)
	}
	pairs, err := pairfile.Read(path)
	return pairs, asUsage(err)
}

func (a *app) execPairs(ctx context.Context, o execOptions) error {
	pairs, err := a.readPairs(o.pairs)
	if err != nil {
		return err
	}
	s, err := a.openSandbox(ctx, o.workers)
	if err != nil {
		return err
	}
	defer s.Close()
	out := bufio.NewWriter(a.stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	infra := 0
	err = s.Pairs(ctx, pairfile.Bare(pairs), o.limits.Sandbox(), func(k int, v sandbox.Verdict) error {
		if v.Kind == sandbox.Infra {
			infra++
		}
		if !a.json {
			_, err := fmt.Fprintf(out, "%s\t%s\t%d run, %d failed, %d errors\t%s\n", pairs[k].ID, v.Kind, v.TestsRun, v.Failures, v.Errors, oneLine(v.Detail))
			return err
		}
		return lines.Encode(pairfile.VerdictOf(pairs[k], v))
	})
	if e := out.Flush(); err == nil {
		err = e
	}
	if err == nil && infra > 0 {
		err = partialError("%d of %d pairs have no verdict because the sandbox itself, or a checker, failed (verdict infra)", infra, len(pairs))
	}
	return err
}

func (a *app) execBench(ctx context.Context, o execOptions) error {
	var pairs []sandbox.Pair
	if o.pairs != "" {
		read, err := a.readPairs(o.pairs)
		if err != nil {
			return err
		}
		pairs = slices.Collect(pairfile.Bare(read))
	}
	open := func() (*sandbox.Sandbox, error) { return a.openSandbox(ctx, o.workers) }
	results, err := bench.Run(ctx, open, pairs, o.limits.Sandbox())
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(results)
	}
	return bench.Text(a.stdout, results)
}
