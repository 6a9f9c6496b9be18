package main

import (
	"context"

	"github.com/spf13/cobra"

	"coderm/difficulty/replay"
	"coderm/internal/fsx"
	"coderm/report"
	"coderm/rerank"
)

type replayOptions struct {
	finishedFlags
	classifier string
	html       string
	ablation   bool
	replay     replay.Options
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
bound knows every problem's true mean curve. --ablation leaves out one kind of
feature after another.`,
		Example: `  coderm budget replay --matrix matrix.jsonl.zst
  coderm budget replay --matrix matrix.jsonl.zst --selector reference --json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.budgetReplay(c.Context(), o) },
	}
	o.flags(c)
	f := c.Flags()
	d := replay.Defaults(rerank.Selector{})
	f.Float64SliceVar(&o.replay.Budgets, "budget-mean", d.Budgets, "mean `TESTS` a problem, e.g. 1,5,20")
	f.Lookup("budget-mean").DefValue = "1,2,5,10,20,50"
	f.IntVar(&o.replay.Draws, "draws", d.Draws, "random orders of the tests")
	f.IntVar(&o.replay.Folds, "folds", d.Folds, "folds of the cross-validation by problem")
	f.Uint64Var(&o.replay.Seed, "seed", d.Seed, "seed of orders, folds and bootstrap")
	f.StringVar(&o.classifier, "classifier", "", "also judge this classifier `FILE`, as it is: it must come from other problems")
	pilotFlag(f, &o.replay.Groups)
	f.StringVar(&o.html, "html", "", "also draw the curves into this HTML `FILE`")
	f.BoolVar(&o.ablation, "ablation", false, "print what each kind of feature is worth to the policies instead")
	return c
}

func (a *app) budgetReplay(ctx context.Context, o replayOptions) error {
	if o.ablation && (o.html != "" || o.classifier != "") {
		return usageError("--ablation goes with neither --html nor --classifier")
	}
	if o.html != "" {
		if err := fsx.CheckOutput(o.html); err != nil {
			return err
		}
	}
	for _, b := range o.replay.Budgets {
		if !(b >= 1 && b <= 1e6) {
			return usageError("--budget-mean %v: give at least 1 test a problem", b)
		}
	}
	if o.replay.Draws < 1 || o.replay.Folds < 2 {
		return usageError("give --draws of at least 1 and --folds of at least 2")
	}
	sel, err := selectorOf(o.selector, o.granularity)
	if err != nil {
		return err
	}
	cases, _, err := o.Cases(ctx)
	if err != nil {
		return err
	}
	o.replay.Selector = sel
	if o.classifier != "" {
		c, err := readClassifier(o.classifier)
		if err != nil {
			return err
		}
		if err := c.CheckSelector(sel.String()); err != nil {
			return asUsage(err)
		}
		o.replay.Gains = c.Gain
	}
	if o.ablation {
		w, err := replay.NewLeaveOut(ctx, cases, o.replay)
		if err != nil {
			return asUsage(err)
		}
		if a.json {
			return a.printJSON(w)
		}
		return w.Markdown(a.stdout)
	}
	result, err := replay.Run(ctx, cases, o.replay)
	if err != nil {
		return asUsage(err)
	}
	if o.html != "" {
		if err := report.WriteFile(o.html, report.Data{Title: "Budget replay", Replay: result}); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(result)
	}
	return result.Markdown(a.stdout)
}
