package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"coderm/difficulty/replay"
	"coderm/internal/fsx"
	"coderm/report"
)

type fitOptions struct {
	finishedFlags
	out, html string
	fit       replay.FitOptions
}

func (a *app) budgetFitCmd() *cobra.Command {
	var o fitOptions
	c := &cobra.Command{
		Use:   "fit --run FOLDER... --out FILE",
		Short: "Learn from finished runs where tests pay",
		Long: `Trains the classifier behind the policies difficulty and adaptive from finished
problems whose truth is known, and prints how well each kind of feature predicts
pass rates, each problem by a model that has not seen it.`,
		Example: `  coderm budget fit --run runs/a,runs/b --out difficulty.json
  coderm budget fit --matrix matrix.jsonl.zst --problems HumanEval.jsonl.gz --features features.jsonl --out difficulty.json`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.budgetFit(c.Context(), o) },
	}
	o.flags(c)
	f := c.Flags()
	f.StringVar(&o.out, "out", "", "classifier `FILE` to write")
	f.StringVar(&o.html, "html", "", "also draw the predictions' reliability into this HTML `FILE`")
	f.IntVar(&o.fit.Draws, "draws", 20, "random orders of the tests to learn from")
	f.IntVar(&o.fit.Folds, "folds", 10, "folds of the printed cross-validation")
	f.Uint64Var(&o.fit.Seed, "seed", 1, "seed of orders, folds and weights")
	pilotFlag(f, &o.fit.Groups)
	c.MarkFlagRequired("out")
	return c
}

func (a *app) budgetFit(ctx context.Context, o fitOptions) error {
	for _, path := range []string{o.out, o.html} {
		if path == "" {
			continue
		}
		if err := fsx.CheckOutput(path); err != nil {
			return err
		}
	}
	if o.fit.Draws < 1 || o.fit.Folds < 2 {
		return usageError("give --draws of at least 1 and --folds of at least 2")
	}
	sel, err := selectorOf(o.selector, o.granularity)
	if err != nil {
		return err
	}
	cases, from, err := o.Cases(ctx)
	if err != nil {
		return err
	}
	o.fit.Selector, o.fit.Model, o.fit.States = sel, from.Model, from.Prompt
	c, table, err := replay.Fit(ctx, cases, o.fit)
	if err != nil {
		return asUsage(err)
	}
	if o.html != "" {
		if table == nil {
			return usageError("--html: no reliability to show, as nothing is known of the problems before their tests; give --problems or --features")
		}
		if err := report.WriteFile(o.html, report.Data{Title: "Difficulty classifier", Ablation: table}); err != nil {
			return err
		}
	}
	if err := fsx.WriteFile(o.out, func(w *os.File) error { return c.Write(w) }); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"out": o.out, "problems": c.Problems, "selector": c.Selector, "trust": c.Gain.Trust, "ablation": table})
	}
	if table != nil {
		if err := table.Markdown(a.stdout); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout)
	}
	_, err = fmt.Fprintf(a.stdout, "%s: learned from %d problems for selector %s; %s\n", o.out, c.Problems, c.Selector, c.Gain.Describe())
	return err
}
