package main

import (
	"context"
	"errors"
	"fmt"

	"coderm/run/measure"
)

// notOfTests are flags of eval that say nothing of --tests.
var notOfTests = []string{
	"matrix", "labels", "public", "selector", "granularity", "k", "curve-tests", "curve-inputs", "curve-solutions", "draws",
	"solutions", "min-time-limit", "save", "chosen",
}

// evalTests measures the tests of a run or of a file.
func (a *app) evalTests(ctx context.Context, tests string, o evalOptions) error {
	ground, err := o.run.groundTruth()
	if err != nil {
		return err
	}
	in, err := measure.Read(ctx, measure.Sources{
		Tests: tests, Problems: o.run.problems, Hidden: o.run.hidden, Ground: ground,
		Subset: o.subset, Seed: o.study.Seed, Mutants: o.mutants,
	})
	if err != nil {
		return err
	}
	defer in.Close()
	if note := in.Note(); note != "" {
		fmt.Fprintln(a.stderr, note)
	}
	judge, err := a.openJudge(ctx, o.run)
	if err != nil {
		return err
	}
	defer judge.Sandbox.Close()
	found, finish := a.showSteps("tests measured", "problems", in.Problems())
	study, err := in.Measure(ctx, judge, found)
	finish()
	switch {
	case err != nil && ctx.Err() != nil && in.Keeps():
		return errGoOn
	case err != nil && ctx.Err() != nil:
		return &codedError{exitInterrupted, errors.New("interrupted; nothing is kept of what is measured of a file")}
	case err != nil:
		return err
	}
	if !o.perProblem {
		study.PerProblem = nil
	}
	if a.json {
		return a.printJSON(study)
	}
	return study.Markdown(a.stdout)
}
