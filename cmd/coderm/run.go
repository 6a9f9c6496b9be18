package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"coderm/engine/llama"
	"coderm/eval"
	"coderm/journal"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/problem/public"
	"coderm/rerank"
	"coderm/sandbox"
)

// job is a run with its inputs read and checked.
type job struct {
	runOptions
	cfg     pipeline.Config
	print   journal.Fingerprint
	note    string // about the model, for the user
	budget  division
	writer  *pipeline.Writer // nil: the tests are given
	modelAt string           // path of the writer's model; "": a server has it
	cleanup []func() error

	hiddenTests [][]problem.UnitTest // by problem; nil without a file of them
}

func (j *job) close() {
	for i := len(j.cleanup) - 1; i >= 0; i-- {
		j.cleanup[i]()
	}
}

// runJob does the main job, or the half of it the options ask for.
func (a *app) runJob(ctx context.Context, o runOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	j := &job{runOptions: o, print: journal.Fingerprint{}}
	defer j.close()
	for _, step := range []func(context.Context, *job) error{a.readInputs, a.planSource, a.checkFolder, a.openSource, a.openJournal, a.startSandbox} {
		if err := step(ctx, j); err != nil {
			return err
		}
	}
	if j.note != "" && !a.quiet {
		fmt.Fprintln(a.stderr, j.note)
	}
	show := a.showProgress(j.cfg.Progress)
	results, err := pipeline.Run(ctx, j.cfg)
	show.stop()
	if err != nil {
		if ctx.Err() != nil {
			return &codedError{exitInterrupted, fmt.Errorf("interrupted; everything so far is in %s: repeat the command to go on", o.out)}
		}
		if j.server != "" {
			err = fmt.Errorf("%w; what there is of it is kept in %s: repeat the command to go on", err, j.out)
		}
		return err
	}
	a.warn(results)
	if err := a.writeRun(ctx, j, results); err != nil {
		return err
	}
	return a.summarize(j, results)
}

// readInputs reads every input file before anything is made or loaded.
func (a *app) readInputs(_ context.Context, j *job) (err error) {
	c := &j.cfg
	err = j.bind("problems", j.problems, func(in *problem.Input) (err error) {
		c.Problems, err = in.Problems()
		return err
	})
	if err != nil {
		return err
	}
	c.Solutions = make([][]problem.Solution, len(c.Problems))
	if j.solutions != "" {
		err = j.bind("solutions", j.solutions, func(in *problem.Input) (err error) {
			c.Solutions, err = in.Solutions(c.Problems)
			return err
		})
		if err != nil {
			return err
		}
	}
	if j.hidden != "" {
		err = j.bind("hidden", j.hidden, func(in *problem.Input) (err error) {
			j.hiddenTests, err = in.Tests(c.Problems)
			return err
		})
		if err != nil {
			return err
		}
	}
	c.Seed, c.Limits = j.seed, j.limits
	c.Progress = new(pipeline.Progress)
	c.Running = 2 // so that the workers never wait for a matrix
	j.print["seed"] = fmt.Sprint(j.seed)
	if j.choose {
		c.Selector, err = rerank.ByName(j.selector, rerank.Granularity(j.granularity))
		if err != nil {
			return asUsage(err)
		}
	}
	return nil
}

// planSource finds out where tests come from and how many, as far as that goes
// without loading a model.
func (a *app) planSource(ctx context.Context, j *job) (err error) {
	if j.tests != "" || !j.choose && j.exec { // without a file, the problems' own examples alone
		tests := make([][]problem.UnitTest, len(j.cfg.Problems))
		if j.tests != "" {
			err = j.bind("tests", j.tests, func(in *problem.Input) (err error) {
				tests, err = in.Tests(j.cfg.Problems)
				return err
			})
			if err != nil {
				return err
			}
		} else if !slices.ContainsFunc(j.cfg.Problems, func(p problem.Problem) bool { return len(public.Tests(p)) > 0 }) {
			return usageError("%s: no question has examples; give --tests, the tests to run", j.problems)
		}
		given := pipeline.NewGiven(tests)
		j.cfg.Source, j.cfg.Planner = given, given.Everything()
		return nil
	}
	if j.budget, err = j.readBudget(); err != nil {
		return err
	}
	if j.server != "" {
		err = a.openServer(j)
	} else {
		err = j.describeWriter(ctx)
	}
	if err != nil {
		return err
	}
	return j.checkStates()
}

// openSource loads the model, if it is here, and has the budget divided.
func (a *app) openSource(ctx context.Context, j *job) (err error) {
	if j.writer == nil {
		return nil
	}
	var m *llama.Model
	if j.modelAt != "" {
		if m, err = a.openWriter(ctx, j); err != nil {
			return err
		}
	}
	j.cfg.Source = j.writer
	j.cfg.Planner, err = j.planner(ctx, m)
	return err
}

func (a *app) startSandbox(ctx context.Context, j *job) error {
	if !j.exec {
		return nil
	}
	workers := j.workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
		if j.tests == "" {
			workers = max(1, workers-j.threads) // the model has the others
		}
	}
	sb, err := a.openSandbox(ctx, workers)
	if err != nil {
		return err
	}
	j.cfg.Executor = sb
	if j.truth || j.hidden != "" {
		j.cfg.Judge, j.cfg.Judging = judgeBy(sb, checksBy(j.cfg.Problems, j.hiddenTests)), workers
	}
	j.cleanup = append(j.cleanup, sb.Close)
	return nil
}

// checksBy gives a problem's hidden tests: those of a file of them, or its own.
func checksBy(problems []problem.Problem, hidden [][]problem.UnitTest) func(problem.Problem) ([]eval.Check, error) {
	if hidden == nil {
		return func(p problem.Problem) ([]eval.Check, error) {
			return eval.ChecksOf(p, eval.GroundBest, eval.DefaultPatience())
		}
	}
	tests := make(map[string][]problem.UnitTest, len(problems))
	for k, p := range problems {
		tests[p.ID] = hidden[k]
	}
	return func(p problem.Problem) ([]eval.Check, error) {
		return eval.HiddenChecks(p, tests[p.ID], eval.DefaultPatience())
	}
}

// judgeBy tells right from wrong by the problems' hidden tests, as eval does.
func judgeBy(box *sandbox.Sandbox, checksOf func(problem.Problem) ([]eval.Check, error)) func(context.Context, problem.Problem, []string) ([]bool, error) {
	return func(ctx context.Context, p problem.Problem, programs []string) ([]bool, error) {
		var right []bool
		checks, err := checksOf(p)
		if err == nil {
			right, err = eval.Judge(ctx, &judge{box: box, limits: judgeLimits()}, p, programs, checks)
		}
		var unscored *eval.Unscored
		if errors.As(err, &unscored) {
			return nil, pipeline.Unjudged(unscored.Reason)
		}
		return right, err
	}
}
