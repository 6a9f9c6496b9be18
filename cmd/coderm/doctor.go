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
	test, gpu bool
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

With --test it also has the parts do a little: the kernels are held against their
references, a model and the sandbox against what they do elsewhere, the GPU against the
processor. It fails if one does something else; what it prints is what a report of an
error needs.

With --gpu it has a model compute on the GPU and on the CPU, and compares: greedy
text, the sampler's distribution, hidden states, the memory planned and used, a run
that is cancelled, and one that the GPU has no memory for.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.gpu {
				return a.tryGPU(c.Context(), o)
			}
			if o.test {
				if err := refuse(c.Flags(), "has no use without --gpu", "tokens", "gpu-layers", "split", "main-gpu", "tensor-split", "gpu-reserve", "kv-type"); err != nil {
					return err
				}
				return a.tryAll(c.Context(), o.model)
			}
			if err := refuse(c.Flags(), "has no use without --gpu", "model", "tokens", "gpu-layers", "split", "main-gpu", "tensor-split", "gpu-reserve", "kv-type"); err != nil {
				return err
			}
			return a.printFindings(machine.Look())
		},
	}
	f := c.Flags()
	f.BoolVar(&o.test, "test", false, "have all parts do a little, and compare it with what they should do (seconds)")
	f.BoolVar(&o.gpu, "gpu", false, "have a model compute on the GPU, and compare it with the CPU (minutes)")
	f.StringVarP(&o.model, "model", "m", "", "GGUF file or name in the model store, for --gpu and --test (default: $CODERM_MODEL, or 'default')")
	c.MarkFlagsMutuallyExclusive("test", "gpu")
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
	return a.tryParts(nil, "the GPU has problems with", func(report func(machine.Finding)) error {
		return machine.TryGPU(ctx, config, o.tokens, report)
	})
}

// tryAll tries all parts, a model among them if there is one.
func (a *app) tryAll(ctx context.Context, model string) error {
	path, err := store.Resolve(model)
	if err != nil && model != "" {
		return asUsage(err)
	}
	found := append([]machine.Finding{{What: "coderm", State: "ok", Detail: version()}}, machine.Look()...)
	return a.tryParts(found, "this machine has problems with", func(report func(machine.Finding)) error {
		return machine.Try(ctx, path, report)
	})
}

// tryParts prints the findings of a trial after those there are, and fails for problems
// of the trial.
func (a *app) tryParts(all []machine.Finding, failed string, try func(report func(machine.Finding)) error) error {
	var problems []string
	err := try(func(f machine.Finding) {
		all = append(all, f)
		if f.State == "problem" {
			problems = append(problems, f.What)
		}
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
	if len(problems) > 0 {
		return fmt.Errorf("%s %s", failed, strings.Join(problems, ", "))
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
