package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/difficulty/replay"
	"coderm/internal/fsx"
	"coderm/report"
	"coderm/rerank"
	"coderm/run"
)

// reportFile is the report's name in a run folder.
const reportFile = "report.html"

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
				o.out = filepath.Join(args[0], reportFile)
			} else if err := fsx.CheckOutput(o.out); err != nil {
				return err
			}
			return a.report(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "the `FILE` to write (default: RUN/report.html)")
	f.StringVar(&o.selector, "selector", rerank.Default.String(), "the selector that orders the solutions")
	f.StringVar(&o.granularity, "granularity", "", "what counts as one test: class or method")
	f.BoolVar(&o.budgets, "budgets", false, "replay the budget policies too, as 'budget replay' does (up to a minute)")
	return c
}

type reportOptions struct {
	out, selector, granularity string
	budgets                    bool
}

func (a *app) report(ctx context.Context, dir string, o reportOptions) error {
	sel, err := selectorOf(o.selector, o.granularity)
	if err != nil {
		return err
	}
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return err
	}
	defer recorded.Close()
	page := report.New(runTitle(dir), recorded.Settings)
	problems := 0
	var cases []replay.Case
	for r, err := range recorded.Results(ctx, sel) {
		if err != nil {
			return err
		}
		problems++
		if err := page.Add(r); err != nil {
			return err
		}
		if !o.budgets {
			continue
		}
		c, err := caseOf(dir, r)
		if err != nil {
			return err
		}
		cases = append(cases, c)
	}
	var played *replay.Result
	if o.budgets {
		if played, err = replay.Run(ctx, cases, replayDefaults(sel)); err != nil {
			return asUsage(err)
		}
	}
	if err := writeReport(ctx, o.out, page, played); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"report": o.out, "problems": problems})
	}
	fmt.Fprintln(a.stdout, o.out)
	return nil
}

func runTitle(dir string) string { return "Run " + filepath.Base(filepath.Clean(dir)) }

// writeReport writes a run's report, with a replay of budgets if there is one.
func writeReport(ctx context.Context, path string, page *report.Page, played *replay.Result) error {
	d, err := page.Data(ctx)
	if err != nil {
		return err
	}
	d.Replay = played
	return writeHTML(path, d)
}

// writeHTML writes a report's page.
func writeHTML(path string, d report.Data) error {
	return fsx.WriteBuffered(path, func(w io.Writer) error { return report.Write(w, d) })
}
