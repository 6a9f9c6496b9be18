package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"coderm/engine/llama"
	"coderm/run"
	"coderm/run/machine"
	"coderm/weights/store"
)

type doctorOptions struct {
	gpu       bool
	model     string
	tokens    int
	placement run.Placement
}

func (a *app) doctorCmd() *cobra.Command {
	var o doctorOptions
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what coderm found on this machine, and what it misses",
		Long: `Say what coderm found on this machine, and what it misses.

With --gpu it has a model compute on the GPU and on the CPU, and compares: greedy
text, the sampler's distribution, hidden states, the memory planned and used, a run
that is cancelled, and one that the GPU has no memory for.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.gpu {
				return a.tryGPU(c.Context(), o)
			}
			if err := refuse(c.Flags(), "has no use without --gpu", "model", "tokens", "gpu-layers", "split", "main-gpu", "tensor-split", "gpu-reserve", "kv-type"); err != nil {
				return err
			}
			return a.printFindings(machine.Look())
		},
	}
	f := c.Flags()
	f.BoolVar(&o.gpu, "gpu", false, "have a model compute on the GPU, and compare it with the CPU (minutes)")
	f.StringVarP(&o.model, "model", "m", "", "GGUF file or name in the model store, for --gpu (default: $CODERM_MODEL, or 'default')")
	f.IntVar(&o.tokens, "tokens", 24, "length of the texts that --gpu compares")
	placementFlags(f, &o.placement)
	return c
}

func (a *app) tryGPU(ctx context.Context, o doctorOptions) error {
	if err := o.placement.Check(); err != nil {
		return err
	}
	if o.tokens < 2 || o.tokens > 128 {
		return usageError("--tokens %d: give 2 to 128", o.tokens)
	}
	path, err := store.Resolve(o.model)
	if err != nil {
		return asUsage(err)
	}
	config := llama.Config{Path: path, Log: a.log}
	o.placement.Apply(&config)
	var all []machine.Finding
	err = machine.TryGPU(ctx, config, o.tokens, func(f machine.Finding) {
		all = append(all, f)
		if !a.quiet {
			fmt.Fprintf(a.stderr, "%s: %s\n", f.What, f.State)
		}
	})
	if err != nil {
		return err
	}
	if err := a.printFindings(all); err != nil {
		return err
	}
	var problems []string
	for _, f := range all {
		if f.State == "problem" {
			problems = append(problems, f.What)
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("the GPU has problems with %s", strings.Join(problems, ", "))
	}
	return nil
}

func (a *app) printFindings(all []machine.Finding) error {
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
}
