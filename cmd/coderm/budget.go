package main

import (
	"strings"

	"github.com/spf13/cobra"

	"coderm/difficulty"
	"coderm/eval"
	"coderm/rerank"
)

func (a *app) budgetCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "budget",
		Short: "Divide a budget of tests between problems, and learn how to",
		Long: `Predicts how hard each problem is and how much more tests would gain, and divides
a budget of generated tests accordingly. docs/budget.md explains the policies.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return usageError("give one of the subcommands (see '%s --help')", c.CommandPath())
		},
	}
	c.AddCommand(a.budgetReplayCmd())
	return c
}

// finished are the flags that name finished problems with known truth.
type finished struct {
	matrix, labels, unit  string
	selector, granularity string
}

func (o *finished) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.matrix, "matrix", "", "finished problems with truth: a pass matrix file or a run's scores.jsonl")
	f.StringVar(&o.labels, "labels", string(eval.LabelTruth), "labels of the matrix file: truth or truth_base")
	f.StringVar(&o.unit, "unit", "completion", "what the budget counts: completion, test (completions that gave a test) or assert (each check on its own)")
	f.StringVar(&o.selector, "selector", "auto", "rule that chooses the solutions: "+strings.Join(rerank.Names(), ", "))
	f.StringVar(&o.granularity, "granularity", "", "what counts as a test: class or method (default: the selector's own)")
}

// chooser is the selector the flags name.
func (o *finished) chooser() (rerank.Selector, error) {
	sel, err := rerank.ByName(o.selector, rerank.Granularity(o.granularity))
	return sel, asUsage(err)
}

// cases reads the finished problems.
func (o *finished) cases() ([]difficulty.Case, error) {
	if o.matrix == "" {
		return nil, usageError("give --matrix FILE, finished problems with truth")
	}
	problems, err := eval.ReadMatrices(o.matrix, eval.Label(o.labels))
	if err != nil {
		return nil, asUsage(err)
	}
	cases := make([]difficulty.Case, len(problems))
	for i, p := range problems {
		cases[i] = difficulty.Case{ID: p.ID, Matrix: p.Matrix, Right: p.Right}
		switch o.unit {
		case "completion":
			cases[i].Drawn = p.Drawn
		case "test":
		case "assert":
			cases[i].Matrix = p.Matrix.Split()
		default:
			return nil, usageError("--unit %q is unknown; use completion, test or assert", o.unit)
		}
	}
	return cases, nil
}
