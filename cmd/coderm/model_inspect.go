package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"coderm/weights/inspect"
	"coderm/weights/store"
)

func (a *app) modelInspectCmd() *cobra.Command {
	var o inspect.Options
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Describe a GGUF file: metadata, tensors, memory needed",
		Long: `Describe a GGUF file, or a model of the store by its name, without loading it.

The memory is an estimate for decoding --samples completions at once, each of
--ctx tokens with its prompt. The completions can share one cache, which holds a
common prompt of --prompt tokens once, or have a cache of their own each, which
is faster for many.`,
		Example: `  coderm model inspect CodeRM-8B-Q4_K_M.gguf --ctx 4096 --prompt 2048 --samples 100
  coderm model inspect default --json`,
		Args: oneArg("a GGUF file"),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := modelPath(args[0])
			if err != nil {
				return err
			}
			r, err := inspect.File(path, o)
			if err != nil {
				return asUsage(err)
			}
			if a.json {
				return a.printJSON(r)
			}
			return r.Text(a.stdout)
		},
	}
	flags := c.Flags()
	flags.IntVar(&o.Load.Context, "ctx", 0, "tokens of a completion, prompt included (default: the model's, at most 4096)")
	flags.IntVar(&o.Load.Samples, "samples", 1, "completions decoded at once")
	flags.IntVar(&o.Load.Prompt, "prompt", 0, "tokens of the prompt that the completions share")
	flags.BoolVar(&o.Arrays, "arrays", false, "print long arrays (the vocabulary) in full")
	return c
}

// modelPath takes a file as it is and anything else as a name of the store.
func modelPath(arg string) (string, error) {
	if _, err := os.Stat(arg); !errors.Is(err, fs.ErrNotExist) {
		return arg, nil
	}
	path, err := store.Resolve(arg)
	return path, asUsage(err)
}
