package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"coderm/budget"
	"coderm/engine"
	"coderm/engine/child"
	"coderm/engine/llama"
	"coderm/model"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/weights/gguf"
	"coderm/weights/store"
)

// What PromptSolution may be but a file.
const (
	firstSolution   = "first"
	rotateSolutions = "rotate"
	bestSolutions   = "best"
)

// PromptSolutions are the names that PromptSolution may be; anything else is a file.
func PromptSolutions() []string { return []string{firstSolution, rotateSolutions, bestSolutions} }

// rotated is how many distinct candidates "rotate" and "best" show.
const rotated = 4

// describeWriter finds out from the model's file how it is asked for tests, and
// binds that to the run.
func (r *Run) describeWriter(ctx context.Context) error {
	path, err := store.Resolve(r.spec.Writing.Model)
	if err != nil {
		return asInput(err)
	}
	f, err := gguf.OpenModel(path)
	if err != nil {
		return asInput(err)
	}
	name := f.Text("general.name")
	r.modelName = strings.Join(slices.Compact([]string{cmp.Or(r.spec.Writing.Model, "default"), cmp.Or(name, filepath.Base(path))}), ": ")
	preset := model.PresetFor(name, uint64(f.Parameters()))
	if preset.StandIn {
		r.note = name + " is a small stand-in: its tests are weak. For real work convert CodeRM-8B (see README) and pass --model."
	}
	if err := r.useWriter(ctx, preset); err != nil {
		return err
	}
	if r.writer.Converses() && f.Text("tokenizer.chat_template") == "" {
		return bad("%s has no chat template, which %s needs; use an instruction-tuned model, the style assert or a raw prompt", path, r.asking())
	}
	digest, err := llama.FileDigest(ctx, path)
	if err != nil {
		return err
	}
	r.modelAt, r.writer.Digest, r.identity.Model = path, digest, digest
	return nil
}

// asking names how the model is asked, for people.
func (r *Run) asking() string {
	if file := r.spec.Writing.Prompt; file != "" {
		return "the prompt " + file
	}
	return "the style " + r.identity.Style
}

// openWriter loads the model for its writer.
func (r *Run) openWriter(ctx context.Context) (engine.Embedder, error) {
	open := child.Open
	if r.env.OpenModel != nil {
		open = r.env.OpenModel
	}
	m, err := open(ctx, r.engineConfig(), r.spec.Writing.In())
	if err != nil {
		return nil, asInput(err)
	}
	r.onClose(func() error { m.Close(); return nil })
	r.writer.Engine, r.modelCores = m, cores(m.Info())
	if _, here := m.(*llama.Model); here { // from another process each token would be a message
		r.writer.Drawn = func() { r.config.Progress.Drawn.Add(1) }
	}
	if r.writer.Converses() {
		info := m.Info()
		if r.writer.Template, err = model.NewTemplate(m.ChatTemplate(), info.BOS, info.EOS); err != nil {
			return nil, asInput(err)
		}
		r.onClose(r.writer.Template.Close)
	}
	return m, nil
}

// engineConfig is how the writer's model is loaded.
func (r *Run) engineConfig() llama.Config {
	w := r.spec.Writing
	c := llama.Config{Path: r.modelAt, Threads: r.threads(), Fixed: w.FixedShape, NoDraft: w.NoDraft, Log: r.env.Log}
	w.Apply(&c)
	return c
}

// threads is how many the model has: half of the cores while the sandbox works
// too, unless the spec says.
func (r *Run) threads() int {
	switch n := r.spec.Writing.Threads; {
	case n > 0:
		return n
	case r.spec.Job.runs():
		return max(1, runtime.GOMAXPROCS(0)/2)
	}
	return runtime.GOMAXPROCS(0)
}

// cores is how many a model keeps busy: one a thread, or where GPUs have all of it
// the one that drives them.
func cores(i llama.Info) int {
	if i.GPULayers > i.Layers {
		return 1
	}
	return i.Threads
}

// useWriter makes a writer that does as the preset says the run's: with what the spec
// says applied, what it cannot do refused, and what it depends on bound to the run.
func (r *Run) useWriter(ctx context.Context, preset model.Preset) (err error) {
	spec, id := r.spec.Writing, &r.identity
	w := &pipeline.Writer{
		Prompt: preset.Prompt, MaxTokens: preset.MaxTokens, Seed: r.spec.Seed,
		Sampling: engine.Sampling{Temperature: preset.Temperature, TopP: preset.TopP},
	}
	if spec.Prompt != "" {
		if err := r.readPrompt(w); err != nil {
			return err
		}
	} else if spec.Style != "" {
		w.Prompt = preset.Styled(problem.Kind(spec.Style))
	} else if slices.ContainsFunc(r.inventory.each, func(e entry) bool { return e.reads }) {
		program := preset.ForPrograms()
		w.Program, id.Program = &program, string(program.Extract)
	}
	if spec.PromptForm != "" {
		w.Prompt.Form = model.Form(spec.PromptForm)
	}
	if spec.Temperature != nil {
		w.Sampling.Temperature = *spec.Temperature
	}
	if spec.TopP != nil {
		w.Sampling.TopP = *spec.TopP
	}
	if spec.MaxTokens > 0 {
		w.MaxTokens = spec.MaxTokens
	}
	id.Style = string(w.Prompt.Extract)
	shown, err := r.readShown(ctx, w)
	if err != nil {
		return err
	}
	if err := r.checkPrompt(w, shown); err != nil {
		return err
	}
	id.bindWriting(w)
	if w.Prompt.Extract == problem.Unittest && w.Prompt.Form != model.Raw {
		id.PromptForm = string(w.Prompt.Form)
	}
	if spec.Extraction == string(model.AsReference) {
		id.Extraction = spec.Extraction
		r.config.Distinct = true
	}
	w.Thinking = spec.ThinkingTokens
	id.Sampling = fmt.Sprintf("temperature %g, top-p %g, %d tokens", w.Sampling.Temperature, w.Sampling.TopP, w.MaxTokens)
	if w.Thinking > 0 {
		id.Sampling += fmt.Sprintf(", %d of thinking", w.Thinking)
	}
	r.writer = w
	return nil
}

// readPrompt has w ask by the spec's prompt file, which is bound to the run.
func (r *Run) readPrompt(w *pipeline.Writer) (err error) {
	file := r.spec.Writing.Prompt
	r.identity.PromptFile, err = bind(file, func(in *problem.Input) error {
		text, err := io.ReadAll(in)
		if err == nil {
			w.Prompt, err = model.ParsePrompt(file, string(text))
		}
		return err
	})
	if err != nil {
		return err
	}
	p := w.Prompt
	if p.Temperature != nil {
		w.Sampling.Temperature = *p.Temperature
	}
	if p.TopP != nil {
		w.Sampling.TopP = *p.TopP
	}
	if p.MaxTokens > 0 {
		w.MaxTokens = p.MaxTokens
	}
	return nil
}

// readShown has w show the model what the spec says, and tells for which problems
// there is something to show.
func (r *Run) readShown(ctx context.Context, w *pipeline.Writer) (shown func(k int) bool, err error) {
	shown = func(k int) bool { return r.inventory.each[k].solutions }
	which := r.spec.Writing.PromptSolution
	switch which {
	case firstSolution:
		w.Candidates = pipeline.Rotate(1)
	case rotateSolutions:
		w.Candidates = pipeline.Rotate(rotated)
	case bestSolutions:
		if !r.spec.Job.runs() {
			return nil, wrong("prompt_solution", which, "goes by the examples, which %s does not run; give rotate, first or a solutions file", r.spec.Job)
		}
		w.Candidates, r.config.PilotFirst = pipeline.Best(rotated), true
	default:
		w.Candidates, w.AsGiven = r.shownSolutions, true
		there := make([]bool, len(r.inventory.each))
		shown = func(k int) bool { return there[k] }
		r.identity.PromptSolution, err = bind(which, func(in *problem.Input) error {
			return in.EachSolution(r.inventory.index, r.prompt(ctx), func(k int, s problem.Solution) error {
				if !r.inventory.each[k].asked {
					return nil
				}
				there[k] = true
				return kept(r.opening.AddShown(ctx, k, s))
			})
		})
		if err != nil {
			return nil, &InputError{Field: "prompt_solution", Err: fmt.Errorf("neither first, rotate or best nor a solutions file: %w", err)}
		}
		return shown, nil
	}
	r.identity.PromptSolution = which
	return shown, nil
}

// shownSolutions are those of the file that the spec names.
func (r *Run) shownSolutions(ctx context.Context, t pipeline.Task) ([]pipeline.Shown, error) {
	list, err := r.journal.Shown(ctx, t.Number)
	var out []pipeline.Shown
	for i, s := range list {
		out = append(out, pipeline.Shown{Solution: i, Code: s.Code})
	}
	return out, err
}

// ErrNoEntryPoint is why some prompts do not do for a problem.
var ErrNoEntryPoint = errors.New("no entry_point")

// checkPrompt refuses a prompt that the inputs, or other settings, do not do for.
func (r *Run) checkPrompt(asks *pipeline.Writer, shown func(k int) bool) error {
	w, p := r.spec.Writing, asks.Prompt
	unittest := p.Extract == problem.Unittest
	switch {
	case w.Extraction != "" && !unittest:
		return wrong("extraction", w.Extraction, "has no use with %s, whose completions hold no unittests", r.asking())
	case w.PromptForm != "" && !unittest:
		return wrong("prompt_form", w.PromptForm, "has no use with %s", r.asking())
	case p.Raw && w.ChatTemplate != "":
		return wrong("chat_template", w.ChatTemplate, "has no use with %s, which is no conversation", r.asking())
	case p.Alone() && r.spec.Job == Rerank && r.spec.Observe == 0:
		return wrong("observe", 0, "%s asks for inputs alone, which tell only by what solutions return on them", r.asking())
	case p.Alone() && w.Policy != budget.PolicyUniform:
		return wrong("policy", w.Policy, "divides by verdicts, which inputs alone do not have; use uniform")
	}
	for _, k := range r.inventory.asked {
		each, id := r.inventory.each[k], r.inventory.index.IDs[k]
		if p = asks.Prompt; each.reads && asks.Program != nil {
			p = *asks.Program
		}
		switch {
		case !each.entryPoint && (p.Extract == problem.Assert || p.Extract == problem.Call):
			return bad("problem %q has %w, which %s needs", id, ErrNoEntryPoint, r.asking())
		case p.ShowsSolution() && !shown(k):
			return bad("problem %q has no solution to show the model; give solutions with one, or a prompt that shows none, such as the style assert", id)
		}
	}
	return nil
}
