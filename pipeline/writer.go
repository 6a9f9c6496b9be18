package pipeline

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"sync"

	"golang.org/x/sync/errgroup"

	"coderm/engine"
	"coderm/journal"
	"coderm/model"
	"coderm/problem"
)

// Writer is a source of tests that a language model writes.
type Writer struct {
	Engine engine.Generator
	// Tokenize gives the ids of a prompt. bos adds the beginning-of-text token
	// where the model wants one: a rendered chat template brings its own.
	Tokenize func(text string, bos bool) ([]int32, error)
	// Template is needed for StyleUnittest only.
	Template *model.Template
	Style    problem.Style
	Sampling engine.Sampling
	// MaxTokens bounds one completion.
	MaxTokens int
	// Candidates chooses the solutions to show the model, at least one: its
	// samples are spread evenly over them.
	Candidates func(Task) []string
	Seed       uint64
	Digest     string // of the model file, or the server's address and model
	NoHidden   bool   // the engine has no hidden states
}

// Draw implements Source. Generation g shows the model candidate g mod p of p,
// and is sample g div p of that prompt: each prompt is prefilled once and
// shared by its samples, and a sample's text depends on its own number only.
func (w *Writer) Draw(ctx context.Context, task Task, generations []int, yield func(journal.Sample) error) error {
	prompts, err := w.prompts(task)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for _, run := range runsOf(generations, len(prompts)) {
		p := prompts[run.prompt]
		req := engine.Request{
			Prompt: p.ids, N: run.n, FirstIndex: run.first, MaxTokens: w.MaxTokens,
			Seed: promptSeed(w.Seed, task.Problem.ID, run.prompt), Sampling: w.Sampling,
		}
		if w.Style == problem.StyleAssert {
			req.Stop = model.AssertStops
		}
		if run.prompt == 0 && run.first == 0 && !w.NoHidden {
			req.Hidden = task.Hidden
		}
		g.Go(func() error {
			return w.Engine.Generate(ctx, req, func(s engine.Sample) error {
				mu.Lock()
				defer mu.Unlock()
				return yield(w.read(task, p, s.Index*len(prompts)+run.prompt, s))
			})
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("generating tests: %w", err)
	}
	return nil
}

// prompt is one text the model continues.
type prompt struct {
	ids      []int32
	solution int // the candidate it shows, -1 for none
	names    map[string]bool
}

func (w *Writer) prompts(task Task) ([]prompt, error) {
	if w.Style == problem.StyleAssert {
		ids, err := w.Tokenize(model.AssertPrompt(task.Problem), true)
		return []prompt{{ids: ids, solution: -1}}, err
	}
	var out []prompt
	for i, code := range w.Candidates(task) {
		text, err := w.Template.Render(model.UnittestPrompt(task.Problem, code))
		if err != nil {
			return nil, err
		}
		ids, err := w.Tokenize(text, false)
		if err != nil {
			return nil, err
		}
		names := model.DefinedNames(code)
		names[task.Problem.EntryPoint] = true
		out = append(out, prompt{ids, i, names})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the unittest prompt shows a candidate solution, and there is none")
	}
	return out, nil
}

// read turns a completion into a sample with its tests, or the reason it has
// none.
func (w *Writer) read(task Task, p prompt, generation int, s engine.Sample) journal.Sample {
	out := journal.Sample{Generation: generation, Sampled: problem.Sampled{
		Seed: s.Seed, Tokens: s.Tokens, Finish: string(s.Finish), LogProb: s.LogProb, Shape: s.Shape,
		Model: w.Digest, Solution: p.solution, Completion: s.Text,
	}}
	truncated := s.Finish == engine.FinishLength || s.Finish == engine.FinishOverflow
	var codes []string
	var err error
	if w.Style == problem.StyleAssert {
		codes, err = model.ExtractAsserts(s.Text, task.Problem.EntryPoint, truncated)
	} else {
		var x model.Extraction
		x, err = model.ExtractUnittest(s.Text, truncated, p.names)
		codes = []string{x.Code}
	}
	if err != nil {
		out.Dropped = err.Error()
		return out
	}
	for part, code := range codes {
		out.Tests = append(out.Tests, journal.Test{Generation: generation, Part: part, Style: w.Style, Code: code})
	}
	return out
}

// span asks for n consecutive samples of one prompt.
type span struct{ prompt, first, n int }

// runsOf groups generation numbers by prompt into consecutive samples.
func runsOf(generations []int, prompts int) []span {
	var out []span
	last := make([]int, prompts) // by prompt: its open span's place in out, plus one
	for _, g := range generations {
		p, i := g%prompts, g/prompts
		if k := last[p]; k > 0 && out[k-1].first+out[k-1].n == i {
			out[k-1].n++
			continue
		}
		out = append(out, span{p, i, 1})
		last[p] = len(out)
	}
	return out
}

// promptSeed gives every prompt of every problem its own random streams.
func promptSeed(seed uint64, taskID string, prompt int) uint64 {
	h := fnv.New64a()
	h.Write(binary.LittleEndian.AppendUint64(nil, seed))
	h.Write([]byte(taskID))
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(prompt)))
	return h.Sum64()
}

// First shows the model the first candidate only.
func First(task Task) []string { return task.Candidates[:min(1, len(task.Candidates))] }

// Rotate spreads the samples over the first n distinct candidates. A test
// written next to a wrong solution copies its mistake; next to four of them the
// mistakes differ and the truth repeats.
func Rotate(n int) func(Task) []string {
	return func(task Task) []string { return task.Candidates[:min(n, len(task.Candidates))] }
}
