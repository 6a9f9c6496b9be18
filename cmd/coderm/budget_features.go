package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"coderm/engine/child"
	"coderm/engine/llama"
	"coderm/internal/fsx"
	"coderm/problem"
	"coderm/run"
	"coderm/run/states"
	"coderm/weights/store"
)

type featuresOptions struct {
	problems, model, out string
	threads              int
	placement            run.Placement
	subset               problem.Subset
	seed                 uint64
}

func (a *app) budgetFeaturesCmd() *cobra.Command {
	var o featuresOptions
	c := &cobra.Command{
		Use:   "features --problems FILE --out FILE",
		Short: "Write the model's hidden state for each problem's question",
		Long: `Evaluates each question once and writes the last layer's hidden state of its last
token, one JSON line a problem, for 'budget fit --features' and 'budget apply'.`,
		Example: "  coderm budget features --problems HumanEval.jsonl.gz --out features.jsonl",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.budgetFeatures(c.Context(), o) },
	}
	f := c.Flags()
	f.StringVar(&o.problems, "problems", "", "problems `FILE` (JSONL; plain, .gz or .zst)")
	subsetFlags(f, &o.subset)
	f.Uint64Var(&o.seed, "seed", 1, "seed of --sample")
	f.StringVar(&o.model, "model", "", "GGUF file or name in the model store (default: $CODERM_MODEL, or 'default')")
	f.StringVar(&o.out, "out", "", "`FILE` to write")
	f.IntVar(&o.threads, "threads", 0, "threads of the model (default: all cores)")
	placementFlags(f, &o.placement)
	processFlag(f, &o.placement)
	c.MarkFlagRequired("problems")
	c.MarkFlagRequired("out")
	return c
}

func (a *app) budgetFeatures(ctx context.Context, o featuresOptions) error {
	if err := fsx.CheckOutput(o.out); err != nil {
		return err
	}
	if err := run.CheckThreads("threads", o.threads); err != nil {
		return err
	}
	if err := o.placement.Check(); err != nil {
		return err
	}
	if err := o.subset.Check(); err != nil {
		return asUsage(err)
	}
	problems, err := problem.ReadProblems(o.problems)
	if err == nil {
		problems, err = problem.Pick(o.subset, problems, func(p problem.Problem) string { return p.ID }, o.seed)
	}
	if err != nil {
		return asUsage(err)
	}
	path, err := store.Resolve(o.model)
	if err != nil {
		return asUsage(err)
	}
	digest, err := llama.FileDigest(ctx, path)
	if err != nil {
		return err
	}
	config := llama.Config{Path: path, Threads: o.threads, Log: a.log}
	o.placement.Apply(&config)
	m, err := child.Open(ctx, config, o.placement.In())
	if err != nil {
		return asUsage(err)
	}
	defer m.Close()
	var missing []error
	err = fsx.WriteFile(o.out, func(w *os.File) error {
		missing, err = states.Write(ctx, w, m, digest, problems)
		return err
	})
	if err != nil {
		return err
	}
	n := len(problems) - len(missing)
	if a.json {
		err = a.printJSON(map[string]any{"problems": n, "model": digest, "out": o.out})
	} else {
		_, err = fmt.Fprintf(a.stdout, "%s: hidden states of %d problems\n", o.out, n)
	}
	if err == nil && len(missing) > 0 {
		err = partialError("%d of %d problems have no hidden state, the first is %w", len(missing), len(problems), missing[0])
	}
	return err
}
