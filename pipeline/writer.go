package pipeline

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"coderm/engine"
	"coderm/internal/seed"
	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/problem/public"
)

// Writer is a source of tests that a language model writes.
type Writer struct {
	Engine engine.Model
	// Prompt is how it is asked, and Program, if set, how for problems whose solutions read
	// standard input.
	Prompt  model.Prompt
	Program *model.Prompt
	// Programs runs what makes and checks inputs. It is needed for a prompt that extracts
	// generators, and for problems with a validator.
	Programs Programs
	// Template is needed for conversations, unless Chat says that the engine has one.
	Template *model.Template
	Chat     bool
	// Outline, if set, has completions to unittest prompts read as CodeRM's reference
	// implementation does.
	Outline  model.Outliner
	Sampling engine.Sampling
	// MaxTokens bounds one completion, beside the tokens that it may take for Thinking
	// before.
	MaxTokens, Thinking int
	// Candidates chooses the solutions to show the model, at least one: its
	// samples are spread evenly over them.
	Candidates func(context.Context, Task) ([]Shown, error)
	// AsGiven shows them as they stand, and not in the prompt's form.
	AsGiven bool
	Seed    uint64
	Digest  string // of the model file, or the server's kind and model
	// Drawn, if set, is called for every token as it is drawn, by a local model.
	Drawn func()
}

// Draw implements Source. Generation g shows the model candidate g mod p of p,
// and is sample g div p of that prompt: each prompt is prefilled once and
// shared by its samples, and a sample's random numbers depend on its own number
// only.
func (w *Writer) Draw(ctx context.Context, orders iter.Seq[Order], yield func(int, journal.Sample) error) error {
	d := &asking{writer: w, asked: map[int]*asked{}, unfilled: Unfilled{}}
	err := w.Engine.Generate(ctx, d.requests(ctx, orders), func(request int, s engine.Sample) error {
		a := d.answered(request)
		sample, err := w.read(ctx, a, s)
		if err != nil {
			return err
		}
		return yield(a.order, sample)
	})
	var unserved engine.RequestErrors
	if errors.As(err, &unserved) {
		for _, i := range slices.Backward(slices.Sorted(maps.Keys(unserved))) { // the first stays
			d.unfilled[d.asked[i].order] = unserved[i]
		}
	} else if err != nil {
		return fmt.Errorf("generating tests: %w", err)
	}
	if len(d.unfilled) > 0 {
		return d.unfilled
	}
	return nil
}

// asking is one Draw.
type asking struct {
	writer   *Writer
	asked    map[int]*asked // by request: those that lack samples
	unfilled Unfilled
}

// asked is a request on behalf of an order.
type asked struct {
	order   int
	task    Task
	prompt  prompt
	prompts int // of the task
	number  int // of this prompt among them
	left    int // samples to come
}

// requests renders prompts as the engine gets to them, one order after the other.
// An order for which there is no prompt is unfilled.
func (d *asking) requests(ctx context.Context, orders iter.Seq[Order]) iter.Seq[engine.Request] {
	return func(yield func(engine.Request) bool) {
		request, next := 0, 0
		for o := range orders {
			i := next
			next++
			prompts, err := d.writer.prompts(ctx, o.Task)
			if err != nil {
				d.unfilled[i] = fmt.Errorf("making the prompt: %w", err)
				continue
			}
			for _, run := range runsOf(o.Generations, len(prompts)) {
				p := prompts[run.prompt]
				d.asked[request] = &asked{i, o.Task, p, len(prompts), run.prompt, run.n}
				request++
				if !yield(d.writer.request(o.Task, p, run)) {
					return
				}
			}
		}
	}
}

// answered notes a sample of a request.
func (d *asking) answered(request int) *asked {
	a := d.asked[request]
	if a.left--; a.left == 0 {
		delete(d.asked, request)
	}
	return a
}

// Converses tells whether any prompt is a conversation, which needs a template.
func (w *Writer) Converses() bool { return !w.Prompt.Raw || w.Program != nil && !w.Program.Raw }

// Asks is how the model is asked about a problem.
func (w *Writer) Asks(p problem.Problem) model.Prompt {
	if w.Program != nil && p.ReadsInput() {
		return *w.Program
	}
	return w.Prompt
}

func (w *Writer) request(task Task, p prompt, run span) engine.Request {
	req := engine.Request{
		Prompt: p.text, N: run.n, FirstIndex: run.first, MaxTokens: w.MaxTokens + w.Thinking,
		Seed: seed.Prompt(w.Seed, task.Problem.ID, run.prompt), Sampling: w.Sampling, Stop: w.Asks(task.Problem).Stop,
	}
	if run.prompt == 0 && run.first == 0 {
		req.Hidden = task.Hidden
	}
	if w.Drawn != nil {
		req.Drawn = func(int, engine.Token) { w.Drawn() }
	}
	return req
}

// prompt is one text the model continues.
type prompt struct {
	text     engine.Prompt
	lead     string // of a raw one: the line that the model continues
	solution int    // the candidate it shows, -1 for none
	names    map[string]bool
}

func (w *Writer) prompts(ctx context.Context, task Task) ([]prompt, error) {
	if !w.Asks(task.Problem).ShowsSolution() {
		one, err := w.prompt(task, Shown{Solution: -1})
		return []prompt{one}, err
	}
	candidates, err := w.Candidates(ctx, task)
	if err != nil {
		return nil, err
	}
	var out []prompt
	for _, c := range candidates {
		one, err := w.prompt(task, c)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("the prompt shows a candidate solution, and there is none")
	}
	return out, nil
}

func (w *Writer) prompt(task Task, c Shown) (prompt, error) {
	asks, shown := w.Asks(task.Problem), c.Code
	if !w.AsGiven {
		shown = asks.Form.Solution(c.Code)
	}
	system, user, err := asks.Render(model.Asked{Problem: task.Problem, Examples: public.Tests(task.Problem), Solution: shown})
	if err != nil {
		return prompt{}, err
	}
	out := prompt{solution: c.Solution, names: model.SolutionNames(task.Problem, c.Code, shown)}
	switch {
	case asks.Raw:
		out.text.Text, out.lead = user, user[strings.LastIndexByte(user, '\n')+1:]
	case w.Chat:
		if system != "" {
			out.text.Messages = append(out.text.Messages, engine.Message{Role: "system", Content: system})
		}
		out.text.Messages = append(out.text.Messages, engine.Message{Role: "user", Content: user})
	default:
		var turns []model.Message
		if system != "" {
			turns = append(turns, model.Message{Role: "system", Content: system})
		}
		out.text.Rendered = true
		out.text.Text, err = w.Template.Chat(append(turns, model.Message{Role: "user", Content: user}))
	}
	return out, err
}

// textless are the ways a completion ends that leave nothing to read.
var textless = map[engine.Finish]string{
	engine.FinishFilter:   "the server's content filter withheld the completion",
	engine.FinishThinking: "the model reasoned and gave no answer (thinking_tokens gives it more room)",
}

// read turns a completion into a sample with its tests, or the reason it has
// none.
func (w *Writer) read(ctx context.Context, a *asked, s engine.Sample) (journal.Sample, error) {
	generation := s.Index*a.prompts + a.number
	out := journal.Sample{Generation: generation, Sampled: problem.Sampled{
		Seed: s.Seed, Tokens: s.Tokens, Finish: string(s.Finish), LogProb: s.LogProb, Shape: s.Shape,
		Model: w.Digest, Solution: a.prompt.solution, Completion: s.Text,
	}}
	if why := textless[s.Finish]; why != "" {
		out.Dropped = why
		return out, nil
	}
	truncated := s.Finish == engine.FinishLength || s.Finish == engine.FinishOverflow
	var x model.Extraction
	var err error
	asks := w.Asks(a.task.Problem)
	if w.Outline != nil && asks.Extract == problem.Unittest {
		x, err = model.ExtractReference(ctx, s.Text, w.Outline)
	} else {
		x, err = asks.Read(model.Answer{
			Completion: s.Text, Truncated: truncated, Lead: a.prompt.lead, EntryPoint: a.task.Problem.EntryPoint, Solution: a.prompt.names,
		})
	}
	if err == nil && asks.OfPrograms() {
		var fault error
		if err, fault = w.allowed(ctx, a.task.Problem, &x, s.Seed); fault != nil {
			return out, fault
		}
	}
	out.Cut = x.Cut
	var ours *model.OutlineError
	if errors.As(err, &ours) {
		return out, err
	}
	if err != nil {
		out.Dropped = err.Error()
		return out, nil
	}
	for part, t := range x.Tests {
		out.Tests = append(out.Tests, journal.Test{Origin: problem.Origin{Generation: generation, Part: part}, Test: t})
	}
	return out, nil
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
