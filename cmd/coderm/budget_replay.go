package main

import (
	"context"

	"github.com/spf13/cobra"

	"coderm/difficulty"
)

type replayOptions struct {
	finished
	classifier string
	replay     difficulty.ReplayOptions
}

func (a *app) budgetReplayCmd() *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use:   "replay --matrix FILE",
		Short: "Simulate the budget policies on finished problems",
		Long: `Plays every policy on recorded tests, drawn in random orders, and prints how
often its choice is right at each mean budget, what it gains over an even
division, and the share of tests it saves at equal accuracy. What a policy
learns, it learns on other problems than the ones it is judged on. The upper
bound knows every problem's true mean curve.`,
		Example: `  coderm budget replay --matrix matrix.jsonl.zst
  coderm budget replay --matrix matrix.jsonl.zst --selector reference --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.budgetReplay(c.Context(), o) },
	}
	o.flags(c)
	f := c.Flags()
	f.Float64SliceVar(&o.replay.Budgets, "budget-mean", []float64{1, 2, 5, 10, 20, 50}, "mean tests a problem")
	f.IntVar(&o.replay.Draws, "draws", 20, "random orders of the tests")
	f.IntVar(&o.replay.Folds, "folds", 5, "folds of the cross-validation by problem")
	f.Uint64Var(&o.replay.Seed, "seed", 1, "seed of orders, folds and bootstrap")
	f.StringVar(&o.classifier, "classifier", "", "also judge this classifier, as it is: it must come from other problems")
	f.StringSliceVar(&o.replay.Groups, "pilot", nil, "groups of pilot features to use (default all): count, tests, classes, choice, resampling")
	return c
}

func (a *app) budgetReplay(ctx context.Context, o replayOptions) error {
	for _, b := range o.replay.Budgets {
		if !(b >= 1 && b <= 1e6) {
			return usageError("--budget-mean %v: give at least 1 test a problem", b)
		}
	}
	if o.replay.Draws < 1 || o.replay.Folds < 2 {
		return usageError("give --draws of at least 1 and --folds of at least 2")
	}
	sel, err := o.chooser()
	if err != nil {
		return err
	}
	cases, _, err := o.cases(ctx)
	if err != nil {
		return err
	}
	o.replay.Selector = sel
	if o.classifier != "" {
		c, err := readClassifier(o.classifier)
		if err != nil {
			return err
		}
		if err := c.CheckSelector(sel.Name()); err != nil {
			return asUsage(err)
		}
		o.replay.Gains = c.Gain
	}
	result, err := difficulty.NewReplay(ctx, cases, o.replay)
	if err != nil {
		return asUsage(err)
	}
	if a.json {
		return a.printJSON(result)
	}
	return result.Markdown(a.stdout)
}
