package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"coderm/internal/fsx"
	"coderm/internal/stats"
	"coderm/report"
	"coderm/rerank"
	"coderm/run"
)

type compareOptions struct {
	selectors   []string
	granularity string
	html        string
	seed        uint64
}

func (a *app) compareCmd() *cobra.Command {
	var o compareOptions
	c := &cobra.Command{
		Use:   "compare RUN/ OTHER/",
		Short: "Set two runs, or two selectors on one, side by side",
		Long: `Compares what two runs chose for the problems that both have: how often each is
right, the difference with its 95 % interval over the same problems (where both know
the truth, by 'rerank --truth' or 'eval'), and which problems have another program
now. Both may be the same folder, with two selectors.`,
		Example: `  coderm compare run/ other/
  coderm compare run/ run/ --selector reference,vote+public --html compare.html`,
		Args: exactArgs(2, "two run folders"),
		RunE: func(c *cobra.Command, args []string) error { return a.compare(c.Context(), args[0], args[1], o) },
	}
	f := c.Flags()
	f.StringSliceVar(&o.selectors, "selector", nil, "how to choose, one for both or one for each: "+selectorNames()+" (default: as each run did)")
	f.StringVar(&o.granularity, "granularity", "", "what counts as one test: class or method")
	f.StringVar(&o.html, "html", "", "write the comparison to this `FILE` too, as a page")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the bootstrap")
	return c
}

func (a *app) compare(ctx context.Context, first, second string, o compareOptions) error {
	switch len(o.selectors) {
	case 0:
		o.selectors = []string{"", ""}
	case 1:
		o.selectors = append(o.selectors, o.selectors[0])
	}
	if len(o.selectors) != 2 {
		return usageError("--selector %s: give one, or one for each run", strings.Join(o.selectors, ","))
	}
	if o.html != "" {
		if err := fsx.CheckOutput(o.html); err != nil {
			return err
		}
	}
	var selectors [2]rerank.Selector
	var runs [2]*run.Recorded
	for k, dir := range []string{first, second} {
		var err error
		if runs[k], err = run.Read(ctx, dir); err != nil {
			return err
		}
		defer runs[k].Close()
		if selectors[k], err = chosenBy(runs[k], o.selectors[k], o.granularity); err != nil {
			return err
		}
	}
	c, err := run.Compare(ctx, runs[0], runs[1], selectors[0], selectors[1], o.seed)
	if err != nil {
		return err
	}
	c.A.Run, c.B.Run = first, second
	if c.Problems == 0 {
		return usageError("%s and %s have no problem in common", first, second)
	}
	if o.html != "" {
		if err := report.WriteComparison(o.html, c); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(c)
	}
	return a.printComparison(c)
}

// changesShown is how many changed problems are listed in text.
const changesShown = 30

func (a *app) printComparison(c *run.Comparison) error {
	accuracy := func(i *stats.Interval) string {
		if i == nil {
			return "-"
		}
		return fmt.Sprintf("%.1f %% (%.1f to %.1f)", 100*i.Mean, 100*i.Low, 100*i.High)
	}
	share := func(p *float64) string {
		if p == nil {
			return "-"
		}
		return fmt.Sprintf("%.1f %%", 100**p)
	}
	side := func(name string, s run.Side) []string {
		return []string{name, s.Run, s.Selector, accuracy(s.Accuracy), share(s.Random), share(s.Examples), share(s.Oracle)}
	}
	err := writeTable(a.stdout, []string{"", "run", "selector", "right (95 % interval)", "random pick", "examples alone", "oracle"},
		[][]string{side("A", c.A), side("B", c.B)})
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	if g := c.Gain; g != nil {
		fmt.Fprintf(a.stdout, "B is right %+.1f points more often than A (95 %% interval %+.1f to %+.1f, on the same %d problems): %d became right, %d wrong.\n",
			100*g.Mean, 100*g.Low, 100*g.High, c.Judged, c.Gained(), c.Lost())
	} else {
		fmt.Fprintln(a.stdout, "Which is right is not known of both: 'coderm eval RUN' finds it out.")
	}
	fmt.Fprintf(a.stdout, "Both chose the same program for %d of %d problems.\n", c.Same, c.Problems)
	if c.OnlyA+c.OnlyB > 0 {
		fmt.Fprintf(a.stdout, "%d problems are in A alone, %d in B alone.\n", c.OnlyA, c.OnlyB)
	}
	if len(c.Changed) == 0 {
		return nil
	}
	fmt.Fprintln(a.stdout)
	var rows [][]string
	for _, x := range c.Changed[:min(changesShown, len(c.Changed))] {
		rows = append(rows, []string{x.TaskID, orDash(x.A.Solution), orDash(x.B.Solution), yesNo(x.A.Right), yesNo(x.B.Right)})
	}
	if err := writeTable(a.stdout, []string{"problem", "A's choice", "B's choice", "A right", "B right"}, rows); err != nil {
		return err
	}
	if rest := len(c.Changed) - changesShown; rest > 0 {
		fmt.Fprintf(a.stdout, "and %d more: --json or --html lists them all\n", rest)
	}
	return nil
}
