package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"coderm/engine/bench"
	"coderm/engine/llama"
	"coderm/run"
	"coderm/weights/gguf"
	"coderm/weights/store"
	"coderm/weights/synthetic"
)

type benchFlags struct {
	spec             bench.Spec
	model            string
	synthetic, quant string
	format, compare  string
	kv, flash        string
	steady           string
	draft            bool
	placement        run.Placement
}

func (a *app) benchCmd() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a model runs on this machine",
		Long: `Measure how fast a model runs on this machine.

  pp   a prompt, computed once for all its completions
  tg   tokens of N completions of one prompt: decoding, sampling and detokenising
  e2e  all of it, from the prompt's text to the completions' texts

Each runs once to warm up and then --repeat times. The share of the
bandwidth limit says how close one completion comes to the speed at which memory
can deliver the weights, which no batch of one can exceed.

--depth puts so many tokens into the context before pp and tg, as llama-bench's -d
does. --compare reads what llama-bench printed with -o json, and sets its speed and
ours by it beside rows of the same test, model and threads. By itself tg stands at
the depth of --prompt: 'llama-bench -p 0 -n 128 -d 302 -t 1 -o json'.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.bench(c.Context(), f) },
	}
	fl := c.Flags()
	fl.StringVarP(&f.model, "model", "m", "", "model name or GGUF file (default: $CODERM_MODEL, or the default model)")
	fl.StringVar(&f.synthetic, "synthetic", "", "a random model of this shape instead, e.g. llama-8b")
	fl.StringVar(&f.quant, "quant", "Q4_K_M", "quantization of the synthetic model")
	fl.IntVarP(&f.spec.Prompt, "prompt", "p", 302, "tokens of the prompt")
	fl.IntVarP(&f.spec.Gen, "gen", "n", 128, "tokens of each completion")
	fl.IntSliceVarP(&f.spec.Depths, "depth", "d", nil, "tokens in the context before pp and tg, e.g. 0,512,4096 (default: none, and the prompt)")
	fl.IntSliceVar(&f.spec.Samples, "samples", []int{1, 4, 16, 64}, "numbers of completions at once")
	fl.IntVarP(&f.spec.Repeat, "repeat", "r", 3, "measurements of each")
	fl.StringSliceVar(&f.spec.Tests, "tests", []string{"pp", "tg", "e2e"}, "what to measure")
	fl.IntVarP(&f.spec.Model.Threads, "threads", "t", 0, "threads (default: all cores)")
	placementFlags(fl, &f.placement)
	fl.IntVar(&f.spec.Model.Batch, "batch", 0, "rows computed at once (default: 512)")
	fl.StringVar(&f.kv, "kv", "auto", "KV cache: auto, unified or streams")
	fl.StringVar(&f.flash, "flash", "auto", "flash attention: auto, on or off")
	fl.BoolVar(&f.spec.Model.Fixed, "fixed-shape", false, "compute every step in one shape")
	fl.StringVar(&f.steady, "steady", "auto", "batches of few sizes, drawn from where the logits are: auto (on GPUs), on or off")
	fl.BoolVar(&f.spec.Model.HostSampling, "host-sampling", false, "draw tokens on the host even so")
	fl.BoolVar(&f.draft, "draft", false, "draft tokens: the speed then depends on what the completions say")
	fl.BoolVar(&f.spec.Model.NoMmap, "no-mmap", false, "read the model instead of mapping it")
	fl.BoolVar(&f.spec.Model.NoRepack, "no-repack", false, "do not interleave the weights for this CPU")
	fl.StringVar(&f.compare, "compare", "", "llama-bench's JSON to compare with")
	fl.StringVarP(&f.format, "format", "o", "table", "table, json, jsonl, csv or md")
	return c
}

func (a *app) bench(ctx context.Context, f benchFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	var baseline bench.Baseline
	if f.compare != "" {
		var err error
		if baseline, err = bench.ReadBaseline(f.compare); err == nil {
			err = baseline.Check(f.spec)
		}
		if err != nil {
			return usageError("--compare: %w", err)
		}
	}
	path, err := a.benchModel(ctx, f)
	if err != nil {
		return err
	}
	if _, err := gguf.OpenModel(path); err != nil {
		return asUsage(err)
	}
	f.spec.Model.Path, f.spec.Model.Log = path, a.log
	digest, err := llama.FileDigest(ctx, path)
	if err != nil {
		return asUsage(err)
	}
	if a.json {
		f.format = "json"
	}
	out := bench.NewWriter(f.format, a.stdout)
	compared := false
	err = bench.Run(ctx, f.spec, digest, func(r bench.Row) error {
		baseline.Compare(&r)
		compared = compared || r.Ratio > 0
		return out.Row(r)
	})
	if err != nil {
		return err
	}
	if f.compare != "" && !compared {
		a.log.Warn("no row is of this model (by its size and parameters) and number of threads", "compare", f.compare)
	}
	return out.Close()
}

func (f *benchFlags) check() error {
	kinds := map[string]llama.KV{"auto": llama.KVAuto, "unified": llama.KVUnified, "streams": llama.KVStreams}
	kv, ok := kinds[f.kv]
	if !ok {
		return usageError("--kv %q is unknown; use auto, unified or streams", f.kv)
	}
	f.spec.Model.KV, f.spec.Model.NoDraft = kv, !f.draft
	flash := map[string]llama.Flash{"auto": llama.FlashAuto, "on": llama.FlashOn, "off": llama.FlashOff}
	if f.spec.Model.Flash, ok = flash[f.flash]; !ok {
		return usageError("--flash %q is unknown; use auto, on or off", f.flash)
	}
	steady := map[string]llama.Steady{"auto": llama.SteadyAuto, "on": llama.SteadyOn, "off": llama.SteadyOff}
	if f.spec.Model.Steady, ok = steady[f.steady]; !ok {
		return usageError("--steady %q is unknown; use auto, on or off", f.steady)
	}
	for _, t := range f.spec.Tests {
		if !slices.Contains([]string{"pp", "tg", "e2e"}, t) {
			return usageError("--tests %q is unknown; use pp, tg or e2e", t)
		}
	}
	if !slices.Contains(bench.Formats, f.format) {
		return usageError("--format %q is unknown; use one of %s", f.format, strings.Join(bench.Formats, ", "))
	}
	if f.spec.Prompt < 16 || f.spec.Gen < 1 || f.spec.Repeat < 1 || len(f.spec.Samples) == 0 || slices.Min(f.spec.Samples) < 1 {
		return usageError("--prompt must be at least 16, --gen, --repeat and --samples at least 1")
	}
	if slices.Max(f.spec.Samples) > llama.MaxParallel {
		return usageError("--samples: llama.cpp decodes at most %d sequences at once", llama.MaxParallel)
	}
	if len(f.spec.Depths) > 0 && (slices.Min(f.spec.Depths) < 0 || slices.Max(f.spec.Depths) > 1<<20) {
		return usageError("--depth: give 0 to %d", 1<<20)
	}
	if len(f.spec.Depths) > 0 && f.spec.Model.Fixed {
		return usageError("--depth does not go with --fixed-shape, which computes every prompt anew")
	}
	if len(f.spec.Tests) == 0 {
		return usageError("--tests is empty; use pp, tg or e2e")
	}
	if err := f.placement.Check(); err != nil {
		return err
	}
	f.placement.Apply(&f.spec.Model)
	return run.CheckThreads("threads", f.spec.Model.Threads)
}

// benchModel finds the model file, or makes the synthetic one.
func (a *app) benchModel(ctx context.Context, f benchFlags) (string, error) {
	if f.synthetic == "" {
		path, err := store.Resolve(f.model)
		return path, asUsage(err)
	}
	if f.model != "" {
		return "", usageError("give --model or --synthetic, not both")
	}
	s, err := synthetic.Find(f.synthetic)
	if err != nil {
		return "", asUsage(err)
	}
	total, err := synthetic.Size(s, f.quant)
	if err != nil {
		return "", asUsage(err)
	}
	st, err := userStore()
	if err != nil {
		return "", err
	}
	p, finish := a.byteProgress("making "+f.synthetic, total)
	defer finish()
	return synthetic.Cached(ctx, filepath.Join(st.Dir(), "synthetic"), f.synthetic, f.quant, synthetic.Progress(p))
}
