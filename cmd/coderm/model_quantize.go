package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"coderm/engine/llama"
	"coderm/internal/fsx"
	"coderm/internal/term"
	"coderm/internal/units"
	"coderm/run"
	"coderm/tokenizer"
	"coderm/weights/gguf"
	"coderm/weights/imatrix"
)

type quantizeOptions struct {
	out, imatrix, check string
	threads             int
	requantize          bool
}

func (a *app) modelQuantizeCmd() *cobra.Command {
	var o quantizeOptions
	c := &cobra.Command{
		Use:   "quantize IN.gguf TYPE -o OUT.gguf",
		Short: "Make a GGUF model smaller and faster by storing its weights in fewer bits",
		Long: `Make a GGUF model smaller and faster by storing its weights in fewer bits, with
llama.cpp's own quantizer. The output appears under its name only when it is
whole.

With --check TEXT both models read the text, and what the quantization costs is
printed: the perplexity of each (how surprised it is by the next token; lower is
better) and the KL divergence between what they expect.

Types, with the bits a weight takes in Llama-3.1-8B (* needs --imatrix):
` + fileTypes(),
		Example: `  coderm model quantize CodeRM-8B.gguf Q4_K_M -o CodeRM-8B-Q4_K_M.gguf
  coderm model quantize CodeRM-8B.gguf Q4_0 -o CodeRM-8B-Q4_0.gguf --check prompts.txt`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usageError("give a GGUF file and a type (see '%s --help')", c.CommandPath())
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.modelQuantize(c.Context(), args[0], args[1], o)
		},
	}
	f := c.Flags()
	f.StringVarP(&o.out, "out", "o", "", "the GGUF `FILE` to write")
	f.IntVarP(&o.threads, "threads", "t", 0, "threads (default: every core)")
	f.StringVar(&o.imatrix, "imatrix", "", "importance matrix, a GGUF `FILE` of llama-imatrix")
	f.BoolVar(&o.requantize, "requantize", false, "allow a quantized source; this costs more quality than quantizing the original")
	f.StringVar(&o.check, "check", "", "a text `FILE` to measure the damage on")
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

// quantization is the command's result.
type quantization struct {
	Path    string        `json:"path"`
	Type    string        `json:"type"`
	Before  int64         `json:"bytes_before"`
	Bytes   int64         `json:"bytes"`
	Seconds float64       `json:"seconds"`
	Check   *llama.Damage `json:"check,omitempty"`
}

func (a *app) modelQuantize(ctx context.Context, in, typ string, o quantizeOptions) error {
	c, text, err := o.prepare(in, typ)
	if err != nil {
		return err
	}
	before, err := gguf.Open(in)
	if err != nil {
		return err
	}
	start := time.Now()
	report, finish := a.stepProgress("quantize", "tensors")
	c.Progress = report
	err = fsx.WriteFile(o.out, func(f *os.File) error {
		return llama.Quantize(ctx, in, f.Name(), c)
	})
	finish()
	if err != nil {
		return err
	}
	after, err := os.Stat(o.out)
	if err != nil {
		return err
	}
	r := quantization{Path: o.out, Type: c.Type.Name, Before: before.Size, Bytes: after.Size(), Seconds: time.Since(start).Seconds()}
	if !a.json {
		fmt.Fprintf(a.stdout, "%s: %s, %s -> %s (%.0f %%), in %.1f s\n", r.Path, r.Type, units.Bytes(r.Before), units.Bytes(r.Bytes),
			100*float64(r.Bytes)/float64(r.Before), r.Seconds)
	}
	if o.check != "" {
		if r.Check, err = a.checkQuantized(ctx, in, text, o); err != nil {
			return fmt.Errorf("%s is written, but its check failed: %w", o.out, err)
		}
	}
	if a.json {
		return a.printJSON(r)
	}
	return a.printDamage(r.Check)
}

// prepare checks all that can be wrong before any work starts.
func (o quantizeOptions) prepare(in, typ string) (c llama.QuantizeConfig, text string, err error) {
	c = llama.QuantizeConfig{Threads: o.threads, Requantize: o.requantize}
	var ok bool
	if c.Type, ok = llama.ParseFileType(typ); !ok {
		return c, "", usageError("no quantization type %q ('coderm model quantize --help' lists them)", typ)
	}
	if o.out == "" {
		return c, "", usageError("where to? give -o OUT.gguf")
	}
	if err := fsx.CheckOutput(o.out); err != nil {
		return c, "", err
	}
	if err := run.CheckThreads("threads", o.threads); err != nil {
		return c, "", err
	}
	if same(in, o.out) {
		return c, "", usageError("%s is both input and output", in)
	}
	source, err := gguf.OpenModel(in)
	if err != nil {
		return c, "", asUsage(err)
	}
	if t, ok := source.Tensor("token_embd.weight"); ok && !o.requantize && quantized(t.Type) {
		return c, "", usageError("%s is quantized already (%s): start from the f16 or bf16 model, or give --requantize", in, t.Type)
	}
	if o.imatrix != "" {
		if c.Imatrix, err = imatrix.Load(o.imatrix); err != nil {
			return c, "", asUsage(err)
		}
	} else if c.Type.NeedsImatrix {
		return c, "", usageError("%s has so few bits that it needs an importance matrix: give --imatrix FILE", c.Type.Name)
	}
	if o.check != "" {
		b, err := os.ReadFile(o.check)
		if err != nil {
			return c, "", asUsage(err)
		}
		text = string(b)
		if err := checkText(in, o.check, text); err != nil {
			return c, "", err
		}
	}
	return c, text, nil
}

// checkText refuses a text that is too short to measure anything on. Where our
// tokenizer does not know the model's, llama.cpp's counts, once it is loaded.
func checkText(model, path, text string) error {
	t, err := tokenizer.FromGGUF(model)
	if err != nil {
		return nil
	}
	ids, err := t.Encode(text, true)
	if err != nil {
		return nil
	}
	if n := len(t.AddBOS(ids)); n < llama.CompareFewest {
		return usageError("--check: %s has %d tokens, want at least %d (better 10,000)", path, n, llama.CompareFewest)
	}
	return nil
}

// same tells whether two paths are one file.
func same(a, b string) bool {
	x, errA := os.Stat(a)
	y, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(x, y)
}

// quantized tells types of blocks from single numbers.
func quantized(t gguf.Type) bool {
	elems, _ := t.Block()
	return elems > 1
}

func (a *app) checkQuantized(ctx context.Context, in, text string, o quantizeOptions) (*llama.Damage, error) {
	load := func(path string) (*llama.Model, error) {
		// Two models at once: the kernels' own copies of the weights would double
		// the memory.
		return llama.Load(ctx, llama.Config{Path: path, Threads: o.threads, NoRepack: true, Log: a.log})
	}
	source, err := load(in)
	if err != nil {
		return nil, err
	}
	defer source.Close()
	small, err := load(o.out)
	if err != nil {
		return nil, err
	}
	defer small.Close()
	report, finish := a.stepProgress("check", "windows")
	defer finish()
	d, err := llama.Compare(ctx, source, small, text, report)
	if err != nil {
		return nil, err
	}
	return &d, nil
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

// stepProgress shows a bar of steps on a terminal. finish must be called in any
// case.
func (a *app) stepProgress(label, steps string) (report func(done, total int), finish func()) {
	if a.quiet || a.json || !showsBars(a.screen) {
		return nil, func() {}
	}
	bars := mpb.New(mpb.WithOutput(a.screen), mpb.WithWidth(60))
	bar := bars.AddBar(0,
		mpb.PrependDecorators(decor.Name(term.Line(label)+" "), decor.CountersNoUnit("%d / %d "+steps)),
		mpb.AppendDecorators(decor.Elapsed(decor.ET_STYLE_GO)),
	)
	report = func(done, total int) {
		bar.SetTotal(int64(total), false)
		bar.SetCurrent(int64(done))
	}
	return report, func() { bar.Abort(false); bars.Wait() }
}
