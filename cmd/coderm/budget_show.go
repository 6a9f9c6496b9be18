package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/fsx"
	"coderm/internal/table"
	"coderm/problem"
	"coderm/run"
)

// applyOptions are shared by show and apply.
type applyOptions struct {
	knownOptions
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
		RunE: func(c *cobra.Command, _ []string) error { return a.budgetApply(c.Context(), o) },
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
	o.knownOptions.flags(c)
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

// share is one problem's part of a division.
type share struct {
	TaskID   string  `json:"task_id"`
	PassRate float64 `json:"pass_rate"` // predicted
	// Solved is the expected probability of a right choice at 1 test and at
	// the share.
	Solved [2]float64 `json:"solved"`
	Tests  int        `json:"tests"`
}

// total is the budget of n problems.
func (o *applyOptions) total(n int) int { return int(o.budgetMean*float64(n) + 0.5) }

// divide predicts and divides.
func (o *applyOptions) divide(c *difficulty.Classifier) ([]share, error) {
	switch {
	case o.floor < 0:
		return nil, usageError("--floor %d: give 0 or more", o.floor)
	case !(o.budgetMean > 0 && o.budgetMean <= run.MaxMean):
		return nil, usageError("--budget-mean %v: give more than 0 and at most %d", o.budgetMean, run.MaxMean)
	case o.budgetMean < float64(o.floor):
		return nil, usageError("--budget-mean %v is below --floor %d", o.budgetMean, o.floor)
	}
	problems, byID, from, err := o.read()
	if err != nil {
		return nil, err
	}
	if err := c.CheckStates(from.model, from.prompt); err != nil {
		return nil, asUsage(err)
	}
	known := make([]difficulty.Known, len(problems))
	for i, p := range problems {
		known[i] = byID[p.ID]
		if err := o.complete(p.ID, known[i]); err != nil {
			return nil, err
		}
	}
	rates, curves, err := c.Predict(known)
	if err != nil {
		return nil, asUsage(err)
	}
	tests := budget.Greedy{Floor: o.floor}.Allocate(curves, o.total(len(problems)))
	out := make([]share, len(problems))
	for i, p := range problems {
		solved := curves[i].Solved
		out[i] = share{p.ID, rates[i], [2]float64{solved[min(1, len(solved)-1)], solved[min(tests[i], len(solved)-1)]}, tests[i]}
	}
	return out, nil
}

func (a *app) budgetShow(o applyOptions) error {
	c, err := readClassifier(o.classifier)
	if err != nil {
		return err
	}
	var shares []share
	if o.problems != "" {
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
	return explain(a.stdout, c, shares)
}

func (a *app) budgetApply(_ context.Context, o applyOptions) error {
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

// trust says how far a classifier's gains are used.
func trust(g *difficulty.GainModel) string {
	if g.Trust == 0 {
		return "its gains are not used: on its own problems they beat no even division, so adaptive goes by its rule"
	}
	return fmt.Sprintf("its gains are followed to %.0f %%; where more tests move a choice, it is right %.1f points more often", 100*g.Trust, 100*g.Worth)
}

// explain prints a classifier in words.
func explain(w io.Writer, c *difficulty.Classifier, shares []share) error {
	fmt.Fprintf(w, "learned from %d problems, for selector %s\n", c.Problems, c.Selector)
	if c.Model != "" {
		fmt.Fprintf(w, "hidden states: %s prompt of model %s\n", c.States, c.Model)
	}
	fmt.Fprintln(w, trust(c.Gain))
	fmt.Fprintln(w)
	t := table.Plain(w, table.Left("feature (+1 deviation)", "choice moves, log-odds", "gain, points"))
	for _, e := range c.Gain.Effects() {
		t.Row(e.Feature, fmt.Sprintf("%+.2f", e.Change), fmt.Sprintf("%+.2f", 100*e.Correction))
	}
	if err := t.Flush(); err != nil || len(shares) == 0 {
		return err
	}
	fmt.Fprintln(w)
	t = table.Plain(w, table.Left("problem", "pass rate", "solved at 1 test", "at its share", "tests"))
	for _, s := range shares {
		t.Row(s.TaskID, fmt.Sprintf("%.2f", s.PassRate), fmt.Sprintf("%.2f", s.Solved[0]), fmt.Sprintf("%.2f", s.Solved[1]), s.Tests)
	}
	return t.Flush()
}
