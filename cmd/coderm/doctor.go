package main

import (
	"github.com/spf13/cobra"

	"coderm/run/machine"
)

func (a *app) doctorCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what coderm found on this machine, and what it misses",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			all := machine.Look()
			if a.json {
				return a.printJSON(all)
			}
			rows := make([][]string, 0, len(all))
			for _, f := range all {
				detail := f.Detail
				if f.Hint != "" {
					detail += "; " + f.Hint
				}
				rows = append(rows, []string{f.State, f.What, detail})
			}
			return writeTable(a.stdout, []string{"STATE", "WHAT", "DETAIL"}, rows)
		},
	}
}
