package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/difficulty/replay"
	"coderm/journal"
	"coderm/pipeline"
	"coderm/report"
	"coderm/rerank"
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
			} else if err := checkOutput(o.out); err != nil {
				return err
			}
			return a.report(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "the `FILE` to write (default: RUN/report.html)")
	f.StringVar(&o.selector, "selector", rerank.Default, "the selector that orders the solutions")
	f.StringVar(&o.granularity, "granularity", "", "what counts as one test: class or method")
	f.BoolVar(&o.budgets, "budgets", false, "replay the budget policies too, as 'budget replay' does (up to a minute)")
	return c
}

type reportOptions struct {
	out, selector, granularity string
	budgets                    bool
}

func (a *app) report(ctx context.Context, dir string, o reportOptions) error {
	sel, err := rerank.ByName(o.selector, rerank.Granularity(o.granularity))
	if err != nil {
		return asUsage(err)
	}
	meta, results, err := readRun(ctx, dir, sel)
	if err != nil {
		return err
	}
	var played *replay.Result
	if o.budgets {
		cases, err := casesOf(dir, results)
		if err != nil {
			return err
		}
		if played, err = replay.Run(ctx, cases, replayDefaults(sel)); err != nil {
			return asUsage(err)
		}
	}
	if err := writeReport(ctx, dir, o.out, meta, results, played); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"report": o.out, "problems": len(results)})
	}
	fmt.Fprintln(a.stdout, o.out)
	return nil
}

// writeReport writes a run's report, with a replay of budgets if there is one.
func writeReport(ctx context.Context, dir, out string, meta journal.Fingerprint, results []pipeline.Result, played *replay.Result) error {
	d, err := report.OfRun(ctx, "Run "+filepath.Base(filepath.Clean(dir)), meta, results)
	if err != nil {
		return err
	}
	d.Replay = played
	return writeHTML(out, d)
}

// writeHTML writes a report's page.
func writeHTML(path string, d report.Data) error {
	return writeFile(path, func(w io.Writer) error { return report.Write(w, d) })
}

// readRun reads a run folder's settings and results.
func readRun(ctx context.Context, dir string, sel rerank.Selector) (journal.Fingerprint, []pipeline.Result, error) {
	meta, results, err := loadRun(ctx, dir, sel)
	var file *journal.FileError
	var path *fs.PathError
	if errors.Is(err, journal.ErrNoRun) || errors.Is(err, journal.ErrBusy) || errors.As(err, &file) || errors.As(err, &path) {
		err = asUsage(err)
	}
	return meta, results, err
}

func loadRun(ctx context.Context, dir string, sel rerank.Selector) (journal.Fingerprint, []pipeline.Result, error) {
	j, err := journal.OpenFinished(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	defer j.Close()
	meta, err := j.Meta(ctx)
	if err != nil {
		return nil, nil, err
	}
	var seed uint64
	fmt.Sscan(meta["seed"], &seed)
	results, err := pipeline.Reload(ctx, j, sel, seed)
	return meta, results, err
}
