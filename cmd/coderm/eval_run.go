package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/eval"
	"coderm/internal/fsx"
	"coderm/passfile"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

// evalRunOptions are eval's flags for a run folder.
type evalRunOptions struct {
	problems, solutions string
	ground, hidden      string
	save                string
	seconds             float64 // 0: the default patience
	workers             int
	limits              sandbox.Limits
}

func (o *evalRunOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.problems, "problems", "", "problems `FILE` with the ground truth")
	f.StringVar(&o.solutions, "solutions", "", "solutions `FILE` of the run")
	f.StringVar(&o.ground, "ground-truth", "", "check, base or plus (default: plus where there are EvalPlus inputs, else check)")
	f.StringVar(&o.hidden, "hidden", "", "`FILE` of hidden tests, all of which a right solution passes (e.g. of LiveCodeBench)")
	f.Float64Var(&o.seconds, "min-time-limit", 0, "seconds of native CPython that a candidate may take at least: for one of EvalPlus's inputs, a check or a hidden test (default 10, 3 and 6)")
	f.StringVar(&o.save, "save", "", "write the matrices with their truth to this `FILE`, for --matrix")
	f.IntVar(&o.workers, "workers", 0, "sandbox workers (default: one a core)")
	f.Int64Var(&o.limits.Memory, "memory", run.JudgeLimits().Memory, "bytes of memory a solution may use while it is judged")
	f.Uint64Var(&o.limits.Fuel, "fuel", run.JudgeLimits().Fuel, "wasm instructions a canonical solution may take, and a candidate, for all inputs together")
}

// evalRun evaluates a run folder.
func (a *app) evalRun(ctx context.Context, dir string, o evalOptions) error {
	path := filepath.Join(dir, run.ScoresFile)
	if o.run.problems == "" {
		o.matrix = path // with the truth of the run itself
		return a.evalMatrix(ctx, o)
	}
	if o.run.solutions == "" {
		return usageError("eval: --problems needs --solutions, the solutions file of the run")
	}
	switch g := eval.GroundTruth(o.run.ground); g {
	case eval.GroundBest, eval.GroundCheck, eval.GroundBase, eval.GroundPlus:
	default:
		return usageError("--ground-truth %q is unknown; use check, base or plus", g)
	}
	matrices, err := eval.ReadMatrices(path, passfile.Unlabelled)
	if err != nil {
		return asUsage(err)
	}
	problems, err := problem.ReadProblems(o.run.problems)
	if err != nil {
		return asUsage(err)
	}
	solutions, err := problem.ReadSolutions(o.run.solutions, problems)
	if err != nil {
		return asUsage(err)
	}
	checks, err := o.run.checks(problems)
	if err != nil {
		return asUsage(err)
	}
	box, err := a.openSandbox(ctx, o.run.workers)
	if err != nil {
		return err
	}
	defer box.Close()
	limits := run.JudgeLimits()
	limits.Fuel, limits.Memory = o.run.limits.Fuel, o.run.limits.Memory
	ex := &run.Judge{Sandbox: box, Limits: limits}
	labelled, excluded, err := eval.LabelAll(ctx, ex, matrices, problems, solutions, checks, a.counter(len(matrices), "problems judged"))
	if err != nil {
		return err
	}
	if len(labelled) == 0 {
		return fmt.Errorf("no problem could be scored; the first: %s: %s", excluded[0].ID, excluded[0].Reason)
	}
	if o.run.save != "" {
		if err := saveLabelled(path, o.run.save, labelled); err != nil {
			return err
		}
	}
	return a.study(ctx, labelled, excluded, o)
}

// checks gives the hidden tests of a problem by its place.
func (o *evalRunOptions) checks(problems []problem.Problem) (func(k int) ([]eval.Check, error), error) {
	patience := eval.DefaultPatience()
	if s := o.seconds; s > 0 {
		patience = eval.Patience{Input: s, Check: s, Test: s}
	}
	if o.hidden == "" {
		return func(k int) ([]eval.Check, error) {
			return eval.ChecksOf(problems[k], eval.GroundTruth(o.ground), patience)
		}, nil
	}
	tests, err := problem.ReadTests(o.hidden, problems)
	if err == nil {
		err = canRun(o.hidden, tests)
	}
	return func(k int) ([]eval.Check, error) {
		return eval.HiddenChecks(problems[k], tests[k], patience)
	}, err
}

// canRun refuses a file with tests that come to no verdict.
func canRun(file string, tests [][]problem.TestLine) error {
	for _, list := range tests {
		for _, t := range list {
			if err := sandbox.CanRun(t.Test); err != nil {
				return fmt.Errorf("%s: test %d of %s: %w", file, t.Index, t.TaskID, err)
			}
		}
	}
	return nil
}

// saveLabelled writes the run's matrices with their truth, every other field as
// it was.
func saveLabelled(from, to string, labelled []eval.Problem) error {
	right := map[string][]bool{}
	for _, p := range labelled {
		right[p.ID] = p.Right
	}
	return fsx.WriteBuffered(to, func(w io.Writer) error { return passfile.WriteLabelled(w, from, right) })
}
