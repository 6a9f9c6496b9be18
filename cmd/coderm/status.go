package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"coderm/run"
)

func (a *app) statusCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "status RUN…",
		Short: "Tell how far runs are, wherever they go on",
		Long: `Tells how far runs are, the shards of one for example, by their folders alone: also
while other processes work on them, on this machine or others that see the folders.
The rate is that of the last hour.`,
		Example: "  coderm status shards/*/",
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("give the run folders (see '%s --help')", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.status(c.Context(), args) },
	}
}

func (a *app) status(ctx context.Context, dirs []string) error {
	s, err := run.StatusOf(ctx, dirs)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(s)
	}
	var rows [][]string
	line := func(name, shard, state string, finished, problems, lacking int, perHour float64, left run.Duration, where string) {
		rows = append(rows, []string{name, shard, state, fmt.Sprintf("%d/%d", finished, problems), fmt.Sprint(lacking), rate(perHour), howLong(left), where})
	}
	for _, r := range s.Runs {
		where := "-"
		if r.PID != 0 {
			where = fmt.Sprintf("process %d on %s", r.PID, r.Host)
		}
		line(r.Run, orNone(r.Shard), string(r.State), r.Finished, r.Problems, r.Lacking, r.PerHour, r.Left, where)
	}
	line("all", "-", "-", s.Finished, s.Problems, s.Lacking, s.PerHour, s.Left, "-")
	if err := writeTable(a.stdout, []string{"run", "shard", "state", "finished", "lacking", "an hour", "time left", "where"}, rows); err != nil {
		return err
	}
	if n := len(s.MissingShards); n > 0 {
		_, err = fmt.Fprintf(a.stdout, "\nOf %d shards there is no run yet: %s\n", n, some(s.MissingShards))
	}
	return err
}

func rate(perHour float64) string {
	if perHour == 0 {
		return "-"
	}
	return fmt.Sprintf("%.4g", perHour)
}

func howLong(d run.Duration) string {
	if d == 0 {
		return "-"
	}
	return time.Duration(d).Round(time.Second).String()
}
