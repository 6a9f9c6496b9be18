package main

import (
	"context"
	"fmt"
	"runtime"

	"coderm/engine"
	"coderm/engine/llama"
	"coderm/model"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/weights/gguf"
	"coderm/weights/store"
)

// rotated is how many distinct candidates --prompt-solution rotate shows.
const rotated = 4

// describeWriter finds out from the model's file how it is asked for tests, and
// binds that to the run.
func (j *job) describeWriter(ctx context.Context) error {
	path, err := store.Resolve(j.modelName)
	if err != nil {
		return asUsage(err)
	}
	f, err := gguf.OpenModel(path)
	if err != nil {
		return asUsage(err)
	}
	name := f.Text("general.name")
	preset := model.PresetFor(name, uint64(f.Parameters()))
	if preset.StandIn {
		j.note = name + " is a small stand-in: its tests are weak. For real work convert CodeRM-8B (see README) and pass --model."
	}
	if err := j.useWriter(j.fromPreset(preset)); err != nil {
		return err
	}
	if j.writer.Style == problem.StyleUnittest && f.Text("tokenizer.chat_template") == "" {
		return usageError("%s has no chat template, which --style unittest needs; use an instruction-tuned model or --style assert", path)
	}
	digest, err := llama.FileDigest(ctx, path)
	if err != nil {
		return err
	}
	j.modelAt, j.writer.Digest, j.print["model"] = path, digest, digest
	return nil
}

// fromPreset is a writer that does as the preset says.
func (j *job) fromPreset(p model.Preset) *pipeline.Writer {
	return &pipeline.Writer{
		Style: p.Style, MaxTokens: p.MaxTokens, Seed: j.seed,
		Sampling: engine.Sampling{Temperature: p.Temperature, TopP: p.TopP},
	}
}

// openWriter loads the model for its writer.
func (a *app) openWriter(ctx context.Context, j *job) (*llama.Model, error) {
	if j.threads == 0 {
		j.threads = runtime.GOMAXPROCS(0)
		if j.exec {
			j.threads = max(1, j.threads/2)
		}
	}
	m, err := llama.Load(ctx, llama.Config{
		Path: j.modelAt, Threads: j.threads, GPULayers: j.gpuLayers, Fixed: j.fixedShape, NoDraft: j.noDraft, Log: a.log,
	})
	if err != nil {
		return nil, asUsage(err)
	}
	j.cleanup = append(j.cleanup, func() error { m.Close(); return nil })
	j.writer.Engine, j.writer.Tokenize = m, m.Tokenize
	if j.writer.Style == problem.StyleUnittest {
		info := m.Info()
		if j.writer.Template, err = model.NewTemplate(m.ChatTemplate(), info.BOS, info.EOS); err != nil {
			return nil, asUsage(err)
		}
		j.cleanup = append(j.cleanup, j.writer.Template.Close)
	}
	return m, nil
}

// useWriter makes w the run's writer: with the flags applied, what it cannot do
// refused, and what it depends on bound to the run.
func (j *job) useWriter(w *pipeline.Writer) error {
	j.override(w)
	j.print["prompt solution"] = j.promptSolution
	if err := j.checkWriter(w); err != nil {
		return err
	}
	j.print["extractor"], j.print["prompt"] = fmt.Sprint(model.ExtractorVersion), fmt.Sprint(model.PromptVersion)
	j.print["style"] = string(w.Style)
	j.print["sampling"] = fmt.Sprintf("temperature %g, top-p %g, %d tokens", w.Sampling.Temperature, w.Sampling.TopP, w.MaxTokens)
	j.writer = w
	return nil
}

// override applies the flags that were given.
func (j *job) override(w *pipeline.Writer) {
	if j.style != "" {
		w.Style = problem.Style(j.style)
	}
	if j.given.Changed("temperature") {
		w.Sampling.Temperature = j.temperature
	}
	if j.given.Changed("top-p") {
		w.Sampling.TopP = j.topP
	}
	if j.maxTokens > 0 {
		w.MaxTokens = j.maxTokens
	}
}

// checkWriter refuses what the model or the inputs cannot do.
func (j *job) checkWriter(w *pipeline.Writer) (err error) {
	if w.Candidates, err = j.candidates(); err != nil {
		return err
	}
	switch w.Style {
	case problem.StyleAssert:
		for _, p := range j.cfg.Problems {
			if p.EntryPoint == "" {
				return usageError("problem %q has no entry_point, which --style assert needs", p.ID)
			}
		}
		return nil
	case problem.StyleUnittest:
	default:
		return usageError("--style %q is unknown; use unittest or assert", w.Style)
	}
	for i, p := range j.cfg.Problems {
		if len(w.Candidates(pipeline.Task{Number: i, Problem: p, Candidates: codes(j.cfg.Solutions[i])})) == 0 {
			return usageError("problem %q has no solution to show the model; give --solutions with one, or use --style assert", p.ID)
		}
	}
	return nil
}

func codes(solutions []problem.Solution) []string {
	var out []string
	for _, s := range solutions {
		out = append(out, s.Code)
	}
	return out
}

// candidates reads --prompt-solution.
func (j *job) candidates() (func(pipeline.Task) []string, error) {
	switch j.promptSolution {
	case "first":
		return pipeline.First, nil
	case "rotate":
		return pipeline.Rotate(rotated), nil
	}
	var shown [][]problem.Solution
	err := j.bind("prompt solution", j.promptSolution, func(in *problem.Input) (err error) {
		shown, err = in.Solutions(j.cfg.Problems)
		return err
	})
	if err != nil {
		return nil, usageError("--prompt-solution is neither first nor rotate nor a solutions file: %w", err)
	}
	return func(t pipeline.Task) []string { return codes(shown[t.Number]) }, nil
}
