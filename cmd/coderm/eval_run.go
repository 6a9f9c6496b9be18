package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
	chosen              bool
	workers             int
	limits              sandbox.Limits
}

func (o *evalRunOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.problems, "problems", "", "problems `FILE` with the ground truth (default: the problems of the run)")
	f.StringVar(&o.solutions, "solutions", "", "solutions `FILE` of the run (not needed where it has its run.db)")
	f.StringVar(&o.ground, "ground-truth", "", "check, base or plus (default: plus where there are EvalPlus inputs, else check)")
	f.StringVar(&o.hidden, "hidden", "", "`FILE` of hidden tests, all of which a right solution passes (e.g. of LiveCodeBench)")
	f.Float64Var(&o.seconds, "min-time-limit", 0, "seconds of native CPython that a solution may take at least: for one of EvalPlus's inputs, a check or a hidden test (default 10, 3 and 6)")
	f.StringVar(&o.save, "save", "", "write the matrices with their truth to this `FILE`, for --matrix")
	f.BoolVar(&o.chosen, "chosen", false, "judge only the solutions that the run chose, and say why the wrong ones are wrong")
	f.IntVar(&o.workers, "workers", 0, "sandbox workers (default: one a core)")
	f.Int64Var(&o.limits.Memory, "memory", run.JudgeLimits().Memory, "bytes of memory a solution may use while it is judged")
	f.Uint64Var(&o.limits.Fuel, "fuel", run.JudgeLimits().Fuel, "wasm instructions a canonical solution may take, and another, for all inputs together")
}

// needed tells whether the solutions are to be judged, and not only the labels read
// that the run recorded.
func (o *evalRunOptions) needed(f *pflag.FlagSet) bool {
	return slices.ContainsFunc(judgingFlags, f.Changed)
}

var judgingFlags = []string{"problems", "solutions", "ground-truth", "hidden", "min-time-limit", "save", "chosen"}

// errGoOn is the end of work that was interrupted, with what it has done kept.
var errGoOn = &codedError{exitInterrupted, errors.New("interrupted; repeat the command to go on")}

// evalRun evaluates a run folder.
func (a *app) evalRun(ctx context.Context, dir string, o evalOptions, judge bool) error {
	if !judge {
		return a.evalRecorded(ctx, dir, o)
	}
	ground, err := o.run.groundTruth()
	if err != nil {
		return err
	}
	in, err := label.Read(ctx, label.Sources{
		Dir: dir, Problems: o.run.problems, Solutions: o.run.solutions, Hidden: o.run.hidden,
		Ground: ground, Seconds: o.run.seconds, Chosen: o.run.chosen,
		Subset: o.subset, Seed: o.study.Seed,
	})
	if err != nil {
		return err
	}
	defer in.Close()
	if note := in.Note(); note != "" {
		fmt.Fprintln(a.stderr, note)
	}
	labels, err := a.judge(ctx, in, o.run)
	if err != nil && ctx.Err() != nil {
		return errGoOn
	}
	if err != nil {
		return err
	}
	if o.run.chosen {
		c := eval.ChoicesOf(labels.Choices, labels.Excluded, labels.LeftOut, o.study.Seed)
		if a.json {
			return a.printJSON(c)
		}
		return c.Markdown(a.stdout)
	}
	if o.run.save != "" {
		if err := in.Save(o.run.save, labels.Problems); err != nil {
			return err
		}
	}
	return a.study(ctx, labels, o)
}

// evalRecorded evaluates a run by what it knows itself to be right.
func (a *app) evalRecorded(ctx context.Context, dir string, o evalOptions) error {
	problems, excluded, err := eval.ReadRecorded(filepath.Join(dir, run.ScoresFile))
	if err == nil && o.public != "" {
		err = eval.AddPublic(problems, o.public)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usageError("%s: there is no %s in it: no run, or one that has not ended", dir, run.ScoresFile)
	case err != nil:
		return asUsage(err)
	case len(problems) == 0:
		return usageError("%s: which solutions are right is not known; 'coderm eval %s --problems FILE' finds it out by the hidden tests in FILE", dir, dir)
	}
	return a.studyOf(ctx, problems, label.Labels{Excluded: excluded}, o)
}

func (a *app) judge(ctx context.Context, in *label.Inputs, o evalRunOptions) (label.Labels, error) {
	ex, err := a.openJudge(ctx, o)
	if err != nil {
		return label.Labels{}, err
	}
	defer ex.Sandbox.Close()
	found, finish := a.showSteps("hidden checks", "solutions judged", in.Solutions())
	defer finish()
	return in.Judge(ctx, ex, found)
}

// openJudge opens a sandbox for hidden checks, which is to be closed.
func (a *app) openJudge(ctx context.Context, o evalRunOptions) (*run.Judge, error) {
	box, err := a.openSandbox(ctx, o.workers)
	if err != nil {
		return nil, err
	}
	limits := run.JudgeLimits()
	limits.Fuel, limits.Memory = o.limits.Fuel, o.limits.Memory
	return &run.Judge{Sandbox: box, Limits: limits}, nil
}

// groundTruth is what --ground-truth says.
func (o *evalRunOptions) groundTruth() (eval.GroundTruth, error) {
	switch g := eval.GroundTruth(o.ground); g {
	case eval.GroundBest, eval.GroundCheck, eval.GroundBase, eval.GroundPlus:
		return g, nil
	default:
		return g, usageError("--ground-truth %q is unknown; use check, base or plus", g)
	}
}
