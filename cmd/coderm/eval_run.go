package main

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/eval"
	"coderm/run"
	"coderm/run/label"
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
	in, err := label.Read(label.Sources{
		Scores: path, Problems: o.run.problems, Solutions: o.run.solutions, Hidden: o.run.hidden,
		Ground: eval.GroundTruth(o.run.ground), Seconds: o.run.seconds,
	})
	if err != nil {
		return err
	}
	box, err := a.openSandbox(ctx, o.run.workers)
	if err != nil {
		return err
	}
	defer box.Close()
	limits := run.JudgeLimits()
	limits.Fuel, limits.Memory = o.run.limits.Fuel, o.run.limits.Memory
	ex := &run.Judge{Sandbox: box, Limits: limits}
	labelled, excluded, err := in.Judge(ctx, ex, a.counter(in.Problems(), "problems judged"))
	if err != nil {
		return err
	}
	if o.run.save != "" {
		if err := in.Save(o.run.save, labelled); err != nil {
			return err
		}
	}
	return a.study(ctx, labelled, excluded, o)
}
