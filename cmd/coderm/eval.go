package main

import (
	"context"

	"github.com/spf13/cobra"

	"coderm/eval"
	"coderm/internal/fsx"
	"coderm/passfile"
	"coderm/problem"
	"coderm/rerank"
	"coderm/run/label"
	"coderm/run/measure"
)

// evalOptions are the flags of eval.
type evalOptions struct {
	matrix      string
	labels      string
	public      string
	selectors   []string
	granularity string
	perProblem  bool
	subset      problem.Subset
	study       eval.Options
	run         evalRunOptions
	tests       bool
	mutants     int
}

func (a *app) evalCmd() *cobra.Command {
	var o evalOptions
	c := &cobra.Command{
		Use:   "eval RUN/ [--problems P] | eval --matrix FILE | eval RUN/|TESTS --tests [--problems P]",
		Short: "Measure selectors and tests against known truth",
		Long: `Evaluates pass matrices with known truth: the accuracy of every selector as the
expectation over ties, random choice (pass@1), oracle, pass@k, 95 % bootstrap
intervals over problems, scaling curves, difficulty quintiles, and the quality
of the tests as judges (Acc, F1, FAR, FRR). docs/evaluation.md defines them all.

With a run folder and --problems, the run's solutions are first run against the
problems' hidden tests: EvalPlus's inputs where P has them, else its check. The
canonical solutions go first; a problem whose own fails is left out and reported.
Identical solutions are judged once, and every verdict is kept in run.db: an
interrupted eval goes on where it stopped, and no solution is judged twice by the
same tests. Without --problems the labels that the run recorded count, or with
--ground-truth or --chosen the hidden tests of the run's own problems.

With --matrix, FILE has one problem a line: task_id, truth (a digit a solution, 1 is right),
matrix (a string of digits a solution: 1 pass, 0 assertion failed, 2 exception,
3 timeout, 4 does not load, 5 out of a first fuel, 9 not run), and optionally sample_of (sample -> row),
generations (lists of columns, one a generated test), public (digits of the
question's own examples, by solution), and outputs, kinds and observed (what the
solutions returned on calls).

With --tests the tests themselves are measured, those of a run folder or of a file,
on the reference solutions (canonical) of their problems: the error rate is the
share that the reference does not pass, and the mutation score the share of small
mutants of the reference that the tests reject. Mutants that pass the hidden checks
are taken for equivalent and do not count.`,
		Example: `  coderm eval run/ --problems HumanEvalPlus.jsonl.gz
  coderm eval run/ --problems HumanEvalPlus.jsonl.gz --chosen
  coderm eval run/ --tests --problems HumanEvalPlus.jsonl.gz
  coderm eval --matrix matrix.jsonl.zst
  coderm eval --matrix matrix.jsonl --selector auto,codet --curve-tests 1,10,100 --json`,
		Args: atMostOneArg("one run folder"),
		RunE: func(c *cobra.Command, args []string) error {
			if (len(args) == 0) == (o.matrix == "") {
				return usageError("eval: give a run folder or --matrix FILE (see 'coderm eval --help')")
			}
			if err := o.check(); err != nil {
				return err
			}
			if o.tests {
				if err := refuse(c.Flags(), "has no use with --tests", notOfTests...); err != nil {
					return err
				}
				return a.evalTests(c.Context(), args[0], o)
			}
			if err := refuse(c.Flags(), "goes with --tests", "mutants"); err != nil {
				return err
			}
			if o.matrix != "" {
				if err := refuse(c.Flags(), "goes with a run folder", judgingFlags...); err != nil {
					return err
				}
				return a.evalMatrix(c.Context(), o)
			}
			if err := refuse(c.Flags(), "goes with --matrix", "public"); err != nil {
				return err
			}
			return a.evalRun(c.Context(), args[0], o, o.run.needed(c.Flags()))
		},
	}
	o.flags(c)
	return c
}

func (o *evalOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.matrix, "matrix", "", "`FILE` of pass matrices with truth (JSONL; plain, .gz or .zst)")
	f.StringVar(&o.labels, "labels", string(passfile.LabelTruth), "labels of the matrix file: truth or truth_base")
	f.StringVar(&o.public, "public", "", "scores.jsonl `FILE` of a run that has the matrix file's public tests (exec without --tests)")
	f.StringSliceVar(&o.selectors, "selector", nil, "selectors to compare (default all)")
	f.StringVar(&o.granularity, "granularity", "", "what counts as a test: class or method (default: each selector's own)")
	f.IntSliceVar(&o.study.Ks, "k", []int{1, 5, 10, 100}, "k of pass@k")
	f.IntSliceVar(&o.study.Tests, "curve-tests", nil, "numbers of tests for the scaling curve, from 0, e.g. 1,2,5,10,20,50,100")
	f.IntSliceVar(&o.study.Inputs, "curve-inputs", nil, "numbers of mutated inputs for the scaling curve, e.g. 5,10,20,30")
	f.IntSliceVar(&o.study.Solutions, "curve-solutions", nil, "numbers of solutions for the scaling curve")
	f.IntVar(&o.study.Draws, "draws", 20, "random subsets a point of the curves")
	f.Uint64Var(&o.study.Seed, "seed", 0, "seed of the subsets and the bootstrap")
	subsetFlags(f, &o.subset)
	shardFlag(f, &o.subset.Shard)
	o.run.flags(c)
	f.BoolVar(&o.perProblem, "per-problem", false, "list the chosen rows of every problem (with --json), or with --tests what is known of the tests of each")
	f.BoolVar(&o.tests, "tests", false, "measure the tests of the run, or of a file, on the problems' reference solutions and on mutants of these")
	f.IntVar(&o.mutants, "mutants", 20, "mutants of each reference solution at most, drawn by --seed (with --tests)")
}

// check finds mistakes in the flags before any work.
func (o *evalOptions) check() error {
	var err error
	if o.study.Granularity, err = rerank.ParseGranularity(o.granularity); err != nil {
		return asUsage(err)
	}
	for _, name := range o.selectors {
		sel, err := rerank.Parse(name)
		if err != nil {
			return asUsage(err)
		}
		o.study.Selectors = append(o.study.Selectors, sel)
	}
	if o.run.save != "" {
		if err := fsx.CheckOutput(o.run.save); err != nil {
			return err
		}
	}
	if s := o.run.seconds; s < 0 || s > 60 || s != s {
		return usageError("--min-time-limit %g: give 0 (the defaults) to 60", s)
	}
	if err := o.run.limits.Check(); err != nil {
		return asUsage(err)
	}
	if err := o.subset.Check(); err != nil {
		return asUsage(err)
	}
	if t := passfile.Label(o.labels); t != passfile.LabelTruth && t != passfile.LabelTruthBase {
		return usageError("--labels %q is unknown; use %s or %s", o.labels, passfile.LabelTruth, passfile.LabelTruthBase)
	}
	if o.mutants < 1 || o.mutants > measure.MaxMutants {
		return usageError("--mutants %d: give 1 to %d", o.mutants, measure.MaxMutants)
	}
	if o.study.Draws < 1 {
		return usageError("--draws %d: give at least 1", o.study.Draws)
	}
	for _, s := range []struct {
		sizes []int
		least int
	}{{o.study.Tests, 0}, {o.study.Inputs, 0}, {o.study.Solutions, 1}, {o.study.Ks, 1}} {
		for _, n := range s.sizes {
			if n < s.least {
				return usageError("size %d: give at least %d", n, s.least)
			}
		}
	}
	return nil
}

func (a *app) evalMatrix(ctx context.Context, o evalOptions) error {
	problems, err := eval.ReadLabelled([]string{o.matrix}, passfile.Label(o.labels), o.public)
	if err != nil {
		return asUsage(err)
	}
	return a.studyOf(ctx, problems, label.Labels{}, o)
}

// studyOf evaluates those of the problems that were asked for; l has what else is known.
func (a *app) studyOf(ctx context.Context, problems []eval.Problem, l label.Labels, o evalOptions) error {
	some, err := problem.Pick(o.subset, problems, func(p eval.Problem) string { return p.ID }, o.study.Seed)
	if err != nil {
		return asUsage(err)
	}
	l.Problems, l.LeftOut = some, len(problems)-len(some)
	return a.study(ctx, l, o)
}

// study evaluates the problems and prints what came out.
func (a *app) study(ctx context.Context, l label.Labels, o evalOptions) error {
	study, err := eval.Run(ctx, l.Problems, o.study)
	if err != nil {
		return err
	}
	study.Excluded, study.OfRun, study.LeftOut = l.Excluded, l.Choices, l.LeftOut
	study.MarkPartial(l.Problems)
	if !o.perProblem {
		study.Chosen = nil
	}
	if a.json {
		return a.printJSON(study)
	}
	return study.Markdown(a.stdout)
}
