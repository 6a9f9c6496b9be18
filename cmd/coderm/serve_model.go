package main

import (
	"github.com/spf13/cobra"

	"coderm/engine/child"
)

// serveModelCmd is what coderm starts itself as, to run a model in a process of its
// own.
func (a *app) serveModelCmd() *cobra.Command {
	return &cobra.Command{
		Use:    child.Command,
		Short:  "Serve a model to the process that starts this",
		Hidden: true,
		Args:   noArgs,
		RunE:   func(*cobra.Command, []string) error { return asUsage(child.Serve()) },
	}
}
