package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCmd is for packages (scripts/dist.sh). The pages have the date that
// SOURCE_DATE_EPOCH says.
func (a *app) manCmd() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write a manual page for each command",
		Hidden: true,
		Args:   oneArg("the folder to write to"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return fmt.Errorf("write manual pages: %w", err)
			}
			root := c.Root()
			root.DisableAutoGenTag = true // a line with the day of the build
			return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Manual: "coderm", Source: "coderm"}, args[0])
		},
	}
}
