package run

import (
	"context"
	"errors"
	"os"

	"coderm/engine"
	"coderm/engine/llama"
	"coderm/engine/sched"
	"coderm/journal"
	"coderm/model"
	"coderm/pipeline"
	"coderm/tokenizer"
	"coderm/weights/gguf"
)

// Forecast is what a run would do, as far as that is known before it.
type Forecast struct {
	Problems  int `json:"problems"`
	LeftOut   int `json:"left_out,omitempty"` // more problems that the file has
	Solutions int `json:"solutions"`          // distinct ones of each problem
	// Completions are those of the budget; 0 where the tests are given.
	Completions  int `json:"completions"`
	Prompts      int `json:"prompts"`
	PromptTokens int `json:"prompt_tokens"` // of all prompts; 0 where a server counts them
	LongestInput int `json:"longest_prompt"`
	MaxTokens    int `json:"max_tokens"` // of a completion
	// Tests are those given, or one a completion; Pairs are theirs and the examples' with
	// the solutions.
	Tests int `json:"tests"`
	Pairs int `json:"pairs"`
	// Plan is how the model would lie in memory; nil without one on this machine.
	Plan *llama.Plan `json:"plan,omitempty"`
	Pace *Pace       `json:"pace,omitempty"` // nil where a server writes: it is not asked
}

// Preview reads and checks what Open does and tries the run for a short while, all in
// a folder of its own.
func Preview(ctx context.Context, spec Spec, env Env) (f Forecast, err error) {
	out := spec.Out
	if spec.Out, err = os.MkdirTemp("", "coderm-preview-"); err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(spec.Out)) }()
	r := &Run{spec: spec, env: env}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.spec.Check(); err != nil {
		return f, err
	}
	for _, step := range []func(context.Context) error{r.takeFolder, r.readInputs, r.planSource, r.checkFolder} {
		if err := step(ctx); err != nil {
			return f, err
		}
	}
	if err := checkOther(ctx, out, r.identity); err != nil {
		return f, err
	}
	if r.journal, err = r.opening.Journal(ctx, r.identity.Settings()); err != nil {
		return f, folderError(err)
	}
	r.onClose(r.journal.Close)
	if f, err = r.forecast(ctx); err != nil || r.writer != nil && r.modelAt == "" {
		return f, err
	}
	f.Pace, err = r.rehearse(ctx, f)
	return f, err
}

// checkOther refuses a folder that holds another run, or other things.
func checkOther(ctx context.Context, dir string, id Identity) error {
	o, err := journal.Take(ctx, dir)
	if err != nil {
		return folderError(err)
	}
	return folderError(errors.Join(o.Check(ctx, id.Settings()), o.Close()))
}

func (r *Run) forecast(ctx context.Context) (f Forecast, err error) {
	count, err := r.promptCounter()
	if err != nil {
		return f, err
	}
	f.LeftOut = len(r.inventory.each) - len(r.inventory.asked)
	for place, k := range r.inventory.asked {
		distinct, prompts, err := pipeline.Ahead(ctx, r.journal, r.writer, k)
		if err != nil {
			return f, err
		}
		f.Problems++
		f.Solutions += distinct
		tests := r.inventory.each[k].given.tests
		if r.writer != nil {
			tests = r.share(place)
			f.Completions += tests
		}
		f.Tests += tests
		f.Pairs += (tests + r.inventory.each[k].examples) * distinct
		for _, p := range prompts[:min(len(prompts), tests)] {
			n, err := count(p)
			if err != nil {
				return f, err
			}
			f.Prompts++
			f.PromptTokens += n
			f.LongestInput = max(f.LongestInput, n)
		}
	}
	if !r.spec.Job.runs() || r.writer != nil && r.writer.Prompt.Alone() {
		f.Pairs = 0
	}
	if r.writer == nil {
		return f, nil
	}
	f.MaxTokens = r.writer.MaxTokens
	if r.modelAt == "" {
		return f, nil
	}
	plan, err := llama.PlanFor(r.engineConfig(), sched.Need{
		Positions: f.LongestInput + f.MaxTokens, Samples: max(1, f.Completions), Prompt: f.LongestInput, Gen: f.MaxTokens,
		Each: max(1, f.Completions/max(1, f.Prompts)),
	})
	f.Plan = &plan
	return f, asInput(err)
}

// share is how many completions a problem gets, by its place among the run's: of a
// policy, about.
func (r *Run) share(place int) int {
	if b := r.division; b.given == nil {
		n := len(r.inventory.asked)
		return b.total*(place+1)/n - b.total*place/n
	}
	return r.division.given[r.inventory.asked[place]]
}

// promptCounter counts a prompt's tokens; 0 for those that a server tokenizes. With
// the model's file it completes the writer, too.
func (r *Run) promptCounter() (func(engine.Prompt) (int, error), error) {
	if r.modelAt == "" {
		return func(engine.Prompt) (int, error) { return 0, nil }, nil
	}
	t, err := tokenizer.FromGGUF(r.modelAt)
	if err != nil {
		return nil, asInput(err)
	}
	if r.writer.Converses() {
		f, err := gguf.OpenModel(r.modelAt)
		if err != nil {
			return nil, asInput(err)
		}
		text := func(key string) string { // of a special token
			id, _ := f.Value("tokenizer.ggml." + key)
			n, _ := id.Int()
			token, _ := t.Token(int32(n))
			return token
		}
		r.writer.Template, err = model.NewTemplate(f.Text("tokenizer.chat_template"), text("bos_token_id"), text("eos_token_id"))
		if err != nil {
			return nil, asInput(err)
		}
		r.onClose(r.writer.Template.Close)
	}
	return func(p engine.Prompt) (int, error) {
		ids, err := t.Encode(p.Text, true)
		if err == nil && !p.Rendered {
			ids = t.AddBOS(ids)
		}
		return len(ids), err
	}, nil
}
