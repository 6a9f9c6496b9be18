package main

import (
	"os"
	"os/signal"
	"syscall"

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
		RunE: func(*cobra.Command, []string) error {
			// Whoever signals all processes of a job means the one that started this, which
			// finishes what it has begun, and ends this.
			signal.Ignore(os.Interrupt, syscall.SIGTERM)
			return asUsage(child.Serve())
		},
	}
}
