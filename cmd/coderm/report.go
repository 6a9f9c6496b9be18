package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/internal/fsx"
	"coderm/report"
	"coderm/run"
)

func (a *app) reportCmd() *cobra.Command {
	var o reportOptions
	c := &cobra.Command{
		Use:   "report RUN/",
		Short: "Write a run as one HTML file",
		Long: `Writes RUN/report.html: a summary with intervals and scaling curves (where the
truth is known, see 'rerank --truth'), and for each problem the pass matrix as a
heat map, every solution, test and verdict; with --budgets, what each policy of
'coderm budget' would have made of fewer tests. One file, no network.`,
		Args: oneArg("the run folder"),
		RunE: func(c *cobra.Command, args []string) error {
			if o.out == "" {
				o.out = filepath.Join(args[0], report.FileName)
			} else if err := fsx.CheckOutput(o.out); err != nil {
				return err
			}
			return a.report(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "the `FILE` to write (default: RUN/report.html)")
	f.StringVar(&o.selector, "selector", "", "the selector that orders the solutions (default: the run's)")
	f.StringVar(&o.granularity, "granularity", "", "what counts as one test: class or method")
	f.BoolVar(&o.budgets, "budgets", false, "replay the budget policies too, as 'budget replay' does (up to a minute)")
	return c
}

type reportOptions struct {
	out, selector, granularity string
	budgets                    bool
}

func (a *app) report(ctx context.Context, dir string, o reportOptions) error {
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return err
	}
	defer recorded.Close()
	sel, err := chosenBy(recorded, o.selector, o.granularity)
	if err != nil {
		return err
	}
	page, err := report.Of(ctx, dir, recorded, sel, o.budgets)
	if err != nil {
		return err
	}
	if err := report.WriteFile(o.out, page); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"report": o.out, "problems": len(page.Problems)})
	}
	_, err = fmt.Fprintln(a.stdout, o.out)
	return err
}
