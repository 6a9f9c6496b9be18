package main

import (
	"context"

	"github.com/spf13/cobra"

	"coderm/run"
	"coderm/run/show"
)

func (a *app) explainCmd() *cobra.Command {
	var selector, granularity string
	c := &cobra.Command{
		Use:   "explain RUN/ TASK",
		Short: "Say why a problem's solution was chosen",
		Long: `Says in words why a run chose the solution it did for a problem: the examples and
tests it passes, how many return the same, and where the best of the others differs.`,
		Args: exactArgs(2, "the run folder and a task_id"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.explain(c.Context(), args[0], args[1], selector, granularity)
		},
	}
	c.Flags().StringVar(&selector, "selector", "", "how to choose: "+selectorNames()+" (default: as the run did)")
	c.Flags().StringVar(&granularity, "granularity", "", "what counts as one test: class or method")
	return c
}

func (a *app) explain(ctx context.Context, dir, task, selector, granularity string) error {
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return err
	}
	defer recorded.Close()
	sel, err := chosenBy(recorded, selector, granularity)
	if err != nil {
		return err
	}
	e, err := recorded.Explain(ctx, task, sel)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(e)
	}
	return show.Why(a.stdout, e)
}
