package main

import (
	"context"

	"github.com/spf13/cobra"

	"coderm/rerank"
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
			sel, err := selectorOf(selector, granularity)
			if err != nil {
				return err
			}
			return a.explain(c.Context(), args[0], args[1], sel)
		},
	}
	c.Flags().StringVar(&selector, "selector", rerank.Default.String(), "how to choose: "+selectorNames())
	c.Flags().StringVar(&granularity, "granularity", "", "what counts as one test: class or method")
	return c
}

func (a *app) explain(ctx context.Context, dir, task string, sel rerank.Selector) error {
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return err
	}
	defer recorded.Close()
	e, err := recorded.Explain(ctx, task, sel)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(e)
	}
	return show.Why(a.stdout, e)
}
