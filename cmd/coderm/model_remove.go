package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"coderm/internal/badinput"
	"coderm/internal/units"
	"coderm/weights/store"
)

// removal is the command's result.
type removal struct {
	Name  string `json:"name"`
	Freed int64  `json:"freed_bytes"`
}

func (a *app) modelRemoveCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "rm NAME",
		Aliases: []string{"remove"},
		Short:   "Take a model out of the store",
		Long:    "Take a model out of the store, and those of its files that no other model has.",
		Example: "  coderm model rm coderm-8b",
		Args:    oneArg("the model's NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.modelRemove(c.Context(), args[0])
		},
	}
}

func (a *app) modelRemove(ctx context.Context, name string) error {
	s, err := userStore()
	if err != nil {
		return err
	}
	freed, err := s.Remove(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return badinput.Mark(err)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(removal{name, freed})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: removed, %s are free again\n", name, units.Bytes(freed))
	return err
}
