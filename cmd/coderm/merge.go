package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"coderm/report"
	"coderm/rerank"
	"coderm/run"
)

func (a *app) mergeCmd() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "merge RUN… --out RUN/",
		Short: "Make one run of the shards of one",
		Long: `Makes one run folder of several that differ in their --shard alone, with all that
the whole run would have: result files, report and run.db, which the command without
--shard goes on with. Runs that do not belong together are refused. A problem that
several runs are done with is taken once, from the first that lacks nothing of it.

Repeat the command to add what came since. What is still missing is named, and the
exit code is 3.`,
		Example: `  coderm rerank … --shard 0/2 --out part0 && coderm rerank … --shard 1/2 --out part1
  coderm merge part0 part1 --out run`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("give the run folders (see '%s --help')", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.merge(c.Context(), args, out) },
	}
	c.Flags().StringVar(&out, "out", "", "run `FOLDER`, new or to be added to")
	c.MarkFlagRequired("out")
	return c
}

func (a *app) merge(ctx context.Context, dirs []string, out string) error {
	merged, finish := a.showSteps("merging", "runs merged", len(dirs))
	m, err := run.Merge(ctx, dirs, out, run.Env{Log: a.log, Command: a.command}, func() { merged(false) })
	finish()
	if err != nil {
		return err
	}
	if err := a.reportMerged(ctx, m); err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(m)
	} else {
		err = a.printMerged(m)
	}
	if err != nil {
		return err
	}
	var lacks []string
	if n := len(m.Missing); n > 0 {
		lacks = append(lacks, fmt.Sprintf("%d problems are missing, which no run is done with: %s", n, some(m.Missing)))
	}
	if n := len(m.MissingShards); n > 0 {
		lacks = append(lacks, fmt.Sprintf("%d shards are missing: %s", n, some(m.MissingShards)))
	}
	if len(lacks) > 0 {
		return partialError("%s", strings.Join(lacks, "; "))
	}
	return nil
}

// reportMerged writes the report that the whole run would have.
func (a *app) reportMerged(ctx context.Context, m run.Merged) error {
	if m.Problems > reportLimit || m.Selector == "" {
		return nil
	}
	sel, err := rerank.Parse(m.Selector)
	if err != nil {
		return err
	}
	page, err := report.OfFolder(ctx, m.Out, sel)
	if err != nil {
		return err
	}
	return report.WriteFile(filepath.Join(m.Out, report.FileName), page)
}

func (a *app) printMerged(m run.Merged) error {
	var rows [][]string
	for _, p := range m.Parts {
		rows = append(rows, []string{p.Run, orNone(p.Shard), fmt.Sprint(p.Finished), fmt.Sprint(p.Taken), fmt.Sprint(p.Unfinished)})
	}
	if err := writeTable(a.stdout, []string{"run", "shard", "finished", "taken", "unfinished"}, rows); err != nil {
		return err
	}
	text := fmt.Sprintf("\n%d problems are in %s.", m.Problems, m.Out)
	if m.Divided != "" {
		text += fmt.Sprintf(" The policy %s divided the budget within each shard, not between all problems.", m.Divided)
	}
	_, err := fmt.Fprintln(a.stdout, text)
	return err
}

func orNone(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// some is a list as far as people read it.
func some(list []string) string {
	const most = 20
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return strings.Join(list[:most], ", ") + ", …"
}
