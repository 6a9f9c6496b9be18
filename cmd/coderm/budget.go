package main

import "github.com/spf13/cobra"

func (a *app) budgetCmd() *cobra.Command {
	return group(&cobra.Command{
		Use:   "budget",
		Short: "Divide a budget of tests between problems, and learn how to",
		Long: `Predicts how hard each problem is and how much more tests would gain, and divides
a budget of generated tests accordingly. docs/budget.md explains the policies.`,
	}, a.budgetReplayCmd(), a.budgetFitCmd(), a.budgetShowCmd(), a.budgetApplyCmd(), a.budgetFeaturesCmd())
}
