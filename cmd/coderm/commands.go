package main

import "github.com/spf13/cobra"

// commands lists the subcommands, one line and one file each.
func (a *app) commands() []*cobra.Command {
	return []*cobra.Command{
		a.rerankCmd(),
		a.testgenCmd(),
		a.execCmd(),
		a.modelCmd(),
		a.mergeCmd(),
		a.statusCmd(),
		a.evalCmd(),
		a.importCmd(),
		a.reproduceCmd(),
		a.budgetCmd(),
		a.reportCmd(),
		a.compareCmd(),
		a.explainCmd(),
		a.serveCmd(),
		a.exampleCmd(),
		a.tokenizeCmd(),
		a.benchCmd(),
		a.doctorCmd(),
		a.licencesCmd(),
		a.serveModelCmd(),
		a.manCmd(),
	}
}
