package main

import (
	"github.com/spf13/cobra"

	"coderm/weights/store"
)

func (a *app) modelCmd() *cobra.Command {
	return group(&cobra.Command{Use: "model", Short: "Fetch, check and carry model files"}, a.modelCommands()...)
}

// modelCommands lists the subcommands of model, one line and one file each.
func (a *app) modelCommands() []*cobra.Command {
	return []*cobra.Command{
		a.modelListCmd(),
		a.modelInspectCmd(),
		a.modelConvertCmd(),
		a.modelQuantizeCmd(),
		a.modelPullCmd(),
		a.modelRemoveCmd(),
		a.modelVerifyCmd(),
		a.modelPackCmd(),
		a.modelUnpackCmd(),
	}
}

// userStore opens the user's own model store.
func userStore() (*store.Store, error) {
	s, err := store.Default()
	return s, asUsage(err)
}
