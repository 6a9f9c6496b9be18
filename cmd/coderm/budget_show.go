package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/difficulty/known"
	"coderm/internal/fsx"
	"coderm/problem"
	"coderm/run"
)

// applyOptions are shared by show and apply.
type applyOptions struct {
	known      known.Files
	classifier string
	budgetMean float64
	floor      int
	out        string
}

func (a *app) budgetShowCmd() *cobra.Command {
	var o applyOptions
	c := &cobra.Command{
		Use:   "show CLASSIFIER",
		Short: "Explain a classifier, its predictions and a division",
		Long: `Prints what a classifier was trained on and what moves its predictions. With
problems (--problems, and --features if it uses hidden states) it also prints
each problem's predicted pass rate, what more tests are expected to bring, and
its share of the budget.`,
		Args: oneArg("the CLASSIFIER file"),
		RunE: func(c *cobra.Command, args []string) error {
			o.classifier = args[0]
			return a.budgetShow(o)
		},
	}
	o.flags(c)
	return c
}

func (a *app) budgetApplyCmd() *cobra.Command {
	var o applyOptions
	c := &cobra.Command{
		Use:   "apply --classifier FILE --problems FILE --out FILE",
		Short: "Divide a budget before any test, by predicted difficulty",
		Long: `Writes one JSON line a problem: task_id, pass_rate (predicted) and tests (its
share of the budget, greedy by marginal gain), for 'rerank --budget' and 'testgen
--budget'. 'rerank --policy difficulty' divides alike while it runs.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.budgetApply(o) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.classifier, "classifier", "", "classifier `FILE`, from 'budget fit'")
	c.Flags().StringVar(&o.out, "out", "", "`FILE` to write")
	for _, name := range []string{"classifier", "problems", "out"} {
		c.MarkFlagRequired(name)
	}
	return c
}

func (o *applyOptions) flags(c *cobra.Command) {
	knownFlags(c, &o.known)
	c.Flags().Float64Var(&o.budgetMean, "budget-mean", 20, "mean completions a problem")
	c.Flags().IntVar(&o.floor, "floor", 1, "completions every problem gets")
}

func readClassifier(path string) (*difficulty.Classifier, error) {
	in, err := problem.Open(path)
	if err != nil {
		return nil, asUsage(err)
	}
	defer in.Close()
	c, err := difficulty.Read(in)
	if err != nil {
		return nil, usageError("%s: %v", path, err)
	}
	return c, nil
}

// total is the budget of n problems.
func (o *applyOptions) total(n int) int { return int(o.budgetMean*float64(n) + 0.5) }

// divide predicts and divides.
func (o *applyOptions) divide(c *difficulty.Classifier) ([]budget.Share, error) {
	switch {
	case o.floor < 0:
		return nil, usageError("--floor %d: give 0 or more", o.floor)
	case !(o.budgetMean > 0 && o.budgetMean <= run.MaxMean):
		return nil, usageError("--budget-mean %v: give more than 0 and at most %d", o.budgetMean, run.MaxMean)
	case o.budgetMean < float64(o.floor):
		return nil, usageError("--budget-mean %v is below --floor %d", o.budgetMean, o.floor)
	}
	ids, before, err := o.known.For(c)
	if err != nil {
		return nil, err
	}
	shares, err := budget.Divide(c, ids, before, o.total(len(ids)), o.floor)
	return shares, asUsage(err)
}

func (a *app) budgetShow(o applyOptions) error {
	c, err := readClassifier(o.classifier)
	if err != nil {
		return err
	}
	var shares []budget.Share
	if o.known.Problems != "" {
		if shares, err = o.divide(c); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(map[string]any{
			"problems": c.Problems, "selector": c.Selector, "model": c.Model, "states": c.States,
			"trust": c.Gain.Trust, "worth": c.Gain.Worth, "typical": c.Gain.Typical, "effects": c.Gain.Effects(), "shares": shares,
		})
	}
	return budget.Explain(a.stdout, c, shares)
}

func (a *app) budgetApply(o applyOptions) error {
	if err := fsx.CheckOutput(o.out); err != nil {
		return err
	}
	c, err := readClassifier(o.classifier)
	if err != nil {
		return err
	}
	shares, err := o.divide(c)
	if err != nil {
		return err
	}
	if err := problem.WriteLines(o.out, slices.Values(shares)); err != nil {
		return err
	}
	total := 0
	for _, s := range shares {
		total += s.Tests
	}
	if a.json {
		return a.printJSON(map[string]any{"out": o.out, "problems": len(shares), "tests": total})
	}
	left := ""
	if all := o.total(len(shares)); total < all {
		left = fmt.Sprintf("; no problem is expected to gain from the other %d", all-total)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %d tests for %d problems%s\n", o.out, total, len(shares), left)
	return err
}
