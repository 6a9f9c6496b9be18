package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"coderm/engine/llama"
	"coderm/engine/quantize"
	"coderm/internal/units"
	"coderm/run"
)

func (a *app) modelQuantizeCmd() *cobra.Command {
	var p quantize.Plan
	var check string
	c := &cobra.Command{
		Use:   "quantize IN.gguf TYPE -o OUT.gguf",
		Short: "Make a GGUF model smaller and faster by storing its weights in fewer bits",
		Long: `Make a GGUF model smaller and faster by storing its weights in fewer bits, with
llama.cpp's own quantizer. The output appears under its name only when it is
whole.

With --check FILE both models read a text, and what the quantization costs is
printed: the perplexity of each (how surprised it is by the next token; lower is
better) and the KL divergence between what they expect. A FILE that ends in .jsonl
(or .jsonl.gz, .jsonl.zst) has a prompt a line, {"prompt": "…"} or CodeRM's own
{"messages": [{"role": "user", "content": "…"}]}: each is read by itself, in the
model's chat template.

Types, with the bits a weight takes in Llama-3.1-8B (* needs --imatrix):
` + fileTypes(),
		Example: `  coderm model quantize CodeRM-8B.gguf Q4_K_M -o CodeRM-8B-Q4_K_M.gguf
  coderm model quantize CodeRM-8B.gguf Q4_0 -o CodeRM-8B-Q4_0.gguf --check prompts.jsonl`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError("give a GGUF file and a type (see '%s --help')", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			p.In, p.Type = args[0], args[1]
			return a.modelQuantize(c.Context(), p, check)
		},
	}
	f := c.Flags()
	f.StringVarP(&p.Out, "out", "o", "", "the GGUF `FILE` to write")
	f.IntVarP(&p.Threads, "threads", "t", 0, "threads (default: every core)")
	f.StringVar(&p.Imatrix, "imatrix", "", "importance matrix, a GGUF `FILE` of llama-imatrix")
	f.BoolVar(&p.Requantize, "requantize", false, "allow a quantized source; this costs more quality than quantizing the original")
	f.StringVar(&check, "check", "", "a `FILE` of text, or of prompts (.jsonl), to measure the damage on")
	return c
}

// fileTypes is the list of types for the help.
func fileTypes() string {
	var b strings.Builder
	for _, t := range llama.FileTypes() {
		star := " "
		if t.NeedsImatrix {
			star = "*"
		}
		fmt.Fprintf(&b, "  %-8s%s %s\n", t.Name, star, t.About)
	}
	return strings.TrimRight(b.String(), "\n")
}

func (a *app) modelQuantize(ctx context.Context, p quantize.Plan, check string) error {
	if p.Out == "" {
		return usageError("where to? give -o OUT.gguf")
	}
	if err := run.CheckThreads("threads", p.Threads); err != nil {
		return err
	}
	if isPrompts(check) {
		prompts, err := readPrompts(check)
		if err != nil {
			return asUsage(err)
		}
		p.Prompts = prompts.render
	} else {
		p.Check = check
	}
	job, err := quantize.Prepare(p)
	if err != nil {
		return err
	}
	progress, finish := a.stepProgress("quantize", "tensors")
	r, err := job.Run(ctx, progress)
	finish()
	if err != nil {
		return err
	}
	if !a.json {
		fmt.Fprintf(a.stdout, "%s: %s, %s -> %s (%.0f %%), in %.1f s\n", r.Path, r.Type, units.Bytes(r.Before), units.Bytes(r.Bytes),
			100*float64(r.Bytes)/float64(r.Before), r.Seconds)
	}
	if check != "" {
		progress, finish := a.stepProgress("check", "windows")
		r.Check, err = job.Damage(ctx, a.log, progress)
		finish()
		if err != nil {
			return fmt.Errorf("%s is written, but its check failed: %w", p.Out, err)
		}
	}
	if a.json {
		return a.printJSON(r)
	}
	return a.printDamage(r.Check)
}

func (a *app) printDamage(d *llama.Damage) error {
	if d == nil {
		return nil
	}
	_, err := fmt.Fprintf(a.stdout, `on %d tokens:
  perplexity     %.4f, of the source %.4f (%+.2f %%)
  KL divergence  %.5f ± %.5f nats, at most %.3f
  same choice    %.2f %% of the tokens
`, d.Positions, d.Perplexity, d.SourcePerplexity, 100*(d.Perplexity/d.SourcePerplexity-1), d.KL, d.KLError, d.KLMax, 100*d.SameTop)
	return err
}
