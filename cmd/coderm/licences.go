package main

import (
	"io"

	"github.com/spf13/cobra"

	top "coderm"
)

func (a *app) licencesCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "licences",
		Aliases: []string{"licenses"},
		Short:   "Print what this program carries, and under which licences",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.printJSON(map[string]string{"notice": top.Notice})
			}
			_, err := io.WriteString(a.stdout, top.Notice)
			return err
		},
	}
}
