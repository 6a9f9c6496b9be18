package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"coderm/engine"
	"coderm/engine/llama"
	"coderm/model"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/weights/store"
)

// rotated is how many distinct candidates --prompt-solution rotate shows.
const rotated = 4

// openWriter loads the model and makes it the source of tests.
func (a *app) openWriter(ctx context.Context, j *job) (*llama.Model, error) {
	path, err := store.Resolve(j.model)
	if err != nil {
		return nil, asUsage(err)
	}
	if j.threads == 0 {
		j.threads = runtime.GOMAXPROCS(0)
		if j.exec {
			j.threads = max(1, j.threads/2)
		}
	}
	m, err := llama.Load(ctx, llama.Config{
		Path: path, Threads: j.threads, GPULayers: j.gpuLayers, Fixed: j.fixedShape, Log: a.log,
	})
	if err != nil {
		return nil, asUsage(err)
	}
	j.cleanup = append(j.cleanup, func() error { m.Close(); return nil })
	info := m.Info()
	preset := model.PresetFor(info.Name, info.Parameters)
	w := &pipeline.Writer{
		Engine: m, Tokenize: m.Tokenize,
		Style: preset.Style, MaxTokens: preset.MaxTokens, Seed: j.seed,
		Sampling: engine.Sampling{Temperature: preset.Temperature, TopP: preset.TopP},
	}
	if w.Digest, err = llama.FileDigest(path); err != nil {
		return nil, err
	}
	if preset.StandIn {
		j.note = info.Name + " is a small stand-in: its tests are weak. For real work convert CodeRM-8B (see README) and pass --model."
	}
	return m, j.useWriter(w, func() (*model.Template, error) {
		t, err := model.NewTemplate(m.ChatTemplate(), info.BOS, info.EOS)
		if errors.Is(err, model.ErrNoTemplate) {
			return nil, usageError("%s has no chat template, which --style unittest needs; use an instruction-tuned model or --style assert", info.Path)
		}
		return t, asUsage(err)
	})
}

// useWriter makes w the run's source: with the flags applied, what it cannot do
// refused, and what it depends on bound to the run.
func (j *job) useWriter(w *pipeline.Writer, template func() (*model.Template, error)) error {
	j.override(w)
	j.print["prompt solution"] = j.promptSolution
	if err := j.checkWriter(w, template); err != nil {
		return err
	}
	j.print["model"], j.print["style"] = w.Digest, string(w.Style)
	j.print["sampling"] = fmt.Sprintf("temperature %g, top-p %g, %d tokens", w.Sampling.Temperature, w.Sampling.TopP, w.MaxTokens)
	j.cfg.Source = w
	return nil
}

// override applies the flags that were given.
func (j *job) override(w *pipeline.Writer) {
	if j.style != "" {
		w.Style = problem.Style(j.style)
	}
	if j.writer.Changed("temperature") {
		w.Sampling.Temperature = j.temperature
	}
	if j.writer.Changed("top-p") {
		w.Sampling.TopP = j.topP
	}
	if j.maxTokens > 0 {
		w.MaxTokens = j.maxTokens
	}
}

// checkWriter refuses what the model or the inputs cannot do.
func (j *job) checkWriter(w *pipeline.Writer, template func() (*model.Template, error)) (err error) {
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
	if w.Template, err = template(); err != nil {
		return err
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
	shown, err := problem.ReadSolutions(j.promptSolution, j.cfg.Problems)
	if err != nil {
		return nil, asUsage(fmt.Errorf("--prompt-solution is neither first nor rotate nor a solutions file: %w", err))
	}
	if j.print["prompt solution"], err = fileDigest(j.promptSolution); err != nil {
		return nil, asUsage(err)
	}
	return func(t pipeline.Task) []string { return codes(shown[t.Number]) }, nil
}
