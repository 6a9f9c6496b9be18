package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coderm/rerank"
	"coderm/run"
)

// runFlags make the spec of a run out of a command line.
type runFlags struct {
	run.Spec
	w *run.Writing
	// writing are the flags of w, all those of the command, to tell which were given.
	writing, all      *pflag.FlagSet
	temperature, topP float32
	paper             bool
}

func newRunFlags(job run.Job) *runFlags {
	return &runFlags{Spec: run.New(job), w: run.NewWriting()}
}

func (o *runFlags) inputFlags(c *cobra.Command) {
	f := c.Flags()
	o.all = f
	f.StringVar(&o.Problems, "problems", "", "problems `FILE` (JSONL; plain, .gz or .zst)")
	f.StringVar(&o.Solutions, "solutions", "", "solutions `FILE`, each a candidate program")
	f.StringVar(&o.Out, "out", "", "run `FOLDER`, new or to be resumed")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "seed of sampling and of ties")
	subsetFlags(f, &o.Subset)
	shardFlag(f, &o.Shard)
	c.MarkFlagRequired("problems")
	c.MarkFlagRequired("out")
	if o.Job != run.Testgen {
		c.MarkFlagRequired("solutions")
	}
}

func (o *runFlags) testFlags(c *cobra.Command) {
	c.Flags().StringVar(&o.Tests, "tests", "", "use the tests in this `FILE` instead of writing some, or those of a run's folder, or of a folder of such")
}

func (o *runFlags) writerFlags(c *cobra.Command) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.writing = f
	f.StringVar(&o.w.Model, "model", "", "GGUF file or name in the model store (default: $CODERM_MODEL, or 'default')")
	f.IntVar(&o.w.TestsPerProblem, "tests-per-problem", o.w.TestsPerProblem, "completions drawn per problem")
	f.StringVar(&o.w.Budget, "budget", "", "`FILE` of completions by problem instead, as 'budget apply' writes it")
	f.StringVar(&o.w.Server, "server", "", "draw from a server instead, whose `ADDRESS` may do without http:// and /v1; several, with commas between, share the work")
	f.IntVar(&o.w.ServerParallel, "server-parallel", 0, "completions under way at once at each server (default: as it says, or 16)")
	f.StringVar(&o.w.ServerKey, "server-key", "", "`FILE` with the key that the server wants (default: $OPENAI_API_KEY)")
	f.DurationVar((*time.Duration)(&o.w.ServerTimeout), "server-timeout", time.Duration(o.w.ServerTimeout), "longest that one answer of the server may take")
	f.DurationVar((*time.Duration)(&o.w.ServerSilence), "server-silence", time.Duration(o.w.ServerSilence), "longest in which nothing comes of it; a server that does not stream is silent until it is done")
	f.DurationVar((*time.Duration)(&o.w.ServerPatience), "server-patience", time.Duration(o.w.ServerPatience), "how long to go on asking a server that is busy or starting")
	f.StringVar(&o.w.ChatTemplate, "chat-template", "", "Jinja `FILE` to render the prompts by, instead of the server's own template")
	f.StringVar(&o.w.Style, "style", "", "unittest or assert (default: what the model can do), or for programs that read and write stdio (their default), input or generator")
	f.StringVar(&o.w.Prompt, "prompt", "", "prompt `FILE` (docs/prompts.md) instead of the style's: what the model is asked, and how its answers are read")
	f.StringVar(&o.w.PromptForm, "prompt-form", "", "question and solution in --style unittest: published, as CodeRM was trained on them, or raw, as they were given (default: the model's preset)")
	f.StringVar(&o.w.Extraction, "extraction", "", "how completions are read in --style unittest: tolerant, or reference, as CodeRM's authors did (default: tolerant)")
	f.StringVar(&o.w.PromptSolution, "prompt-solution", o.w.PromptSolution, "solution shown to the model: first, rotate over four, best for four of those that pass the most examples, or a solutions FILE, whose are shown as they stand")
	f.Float32Var(&o.temperature, "temperature", 0, "sampling temperature (default: the model's preset)")
	f.Float32Var(&o.topP, "top-p", 0, "nucleus sampling (default: the model's preset)")
	f.IntVar(&o.w.MaxTokens, "max-tokens", 0, "longest completion (default: the model's preset)")
	f.IntVar(&o.w.ThinkingTokens, "thinking-tokens", 0, "tokens that a model may think for before, beside --max-tokens")
	f.BoolVar(&o.paper, "paper", false, "the CodeRM paper's own setting: published prompts, 100 completions at temperature 0.8 and top-p 0.95 of at most 2,048 tokens, read and chosen by as its reference implementation does")
	f.IntVar(&o.w.Threads, "threads", 0, "threads of the model (default: half of the cores while the sandbox works too)")
	placementFlags(f, &o.w.Placement)
	processFlag(f, &o.w.Placement)
	f.BoolVar(&o.w.NoDraft, "no-draft", false, "compute no tokens ahead of the completions")
	f.BoolVar(&o.w.FixedShape, "fixed-shape", false, "make completions independent of the batch they are drawn in (slower)")
	c.Flags().AddFlagSet(f)
}

// budgetFlags divide the completions between the problems by verdicts, so only a
// command that runs the tests has them. They follow writerFlags, as part of them.
func (o *runFlags) budgetFlags(c *cobra.Command) {
	f := o.writing
	f.Float64Var(&o.w.BudgetMean, "budget-mean", 0, "mean completions per problem, divided by --policy (default: --tests-per-problem)")
	f.StringVar(&o.w.Policy, "policy", o.w.Policy, "how the budget is divided: uniform, adaptive, or difficulty (needs --classifier)")
	f.StringVar(&o.w.Classifier, "classifier", "", "`FILE` that 'budget fit' wrote (adaptive works without)")
	c.Flags().AddFlagSet(f)
}

func (o *runFlags) sandboxFlags(c *cobra.Command) {
	f := c.Flags()
	l := &o.Limits
	f.Uint64Var(&l.Fuel, "fuel", l.Fuel, "wasm instructions a pair may take, about")
	f.Int64Var(&l.Memory, "memory", l.Memory, "bytes of memory a pair may use")
	f.DurationVar((*time.Duration)(&l.Wall), "wall", time.Duration(l.Wall), "wall-clock backstop of a pair")
	f.Int64Var(&l.Output, "output", l.Output, "bytes a pair may print")
	f.IntVar(&l.GiveUp, "give-up", l.GiveUp, "timeouts in a row after which a solution's other tests count as timeouts too (0: never)")
	f.IntVar(&o.Workers, "workers", 0, "sandbox workers (default: one a core)")
}

// selectorNames lists what --selector may be.
func selectorNames() string {
	var names []string
	for _, r := range rerank.Rules() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ") + "; with +public, among the solutions that pass the most of the question's examples"
}

// selectorOf is the selector that --selector and --granularity name: the second is
// for a name that says none.
func selectorOf(name, granularity string) (rerank.Selector, error) {
	s, err := rerank.ParseBy(name, granularity)
	return s, asUsage(err)
}

// chosenBy is selectorOf for a run that was recorded, which knows its own.
func chosenBy(r *run.Recorded, name, granularity string) (rerank.Selector, error) {
	return selectorOf(cmp.Or(name, r.Selector().String()), granularity)
}

func (o *runFlags) choiceFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.Selector, "selector", o.Selector, "how to choose: "+selectorNames())
	f.IntVar(&o.Observe, "observe", o.Observe, "inputs beside those of the tests on which the solutions are run for what they return (0: not on the tests' either)")
	f.StringVar(&o.Granularity, "granularity", "", "what counts as one test: class or method (default: the selector's)")
	f.StringVar(&o.Hidden, "hidden", "", "as --truth, with the hidden tests in this `FILE` (as 'import' writes it)")
	f.BoolVar(&o.Truth, "truth", false, "run the problems' hidden checks too and show which choices are right")
}

// finish is the spec that the flags make. It refuses flags that do not go together;
// what they say is for run to check.
func (o *runFlags) finish() (run.Spec, error) {
	if o.Tests != "" {
		return o.withoutWriting("has no use with --tests, which needs no model")
	}
	if o.w.Budget != "" {
		if err := refuse(o.writing, "does not go with --budget, which says how many for each problem", "tests-per-problem", "budget-mean", "policy", "classifier"); err != nil {
			return o.Spec, err
		}
	}
	if o.w.Server == "" {
		if err := refuse(o.writing, "has no use without --server", "server-timeout", "server-silence", "server-patience", "server-parallel", "server-key"); err != nil {
			return o.Spec, err
		}
	}
	if o.writing.Changed("temperature") {
		o.w.Temperature = &o.temperature
	}
	if o.writing.Changed("top-p") {
		o.w.TopP = &o.topP
	}
	if o.writing.Changed("max-tokens") && o.w.MaxTokens < 1 {
		return o.Spec, usageError("--max-tokens %d: give at least 1", o.w.MaxTokens)
	}
	o.Writing = o.w
	if o.paper {
		return o.asPaper()
	}
	return o.Spec, nil
}

// asPaper is the spec with --paper, which sets what these flags would.
func (o *runFlags) asPaper() (run.Spec, error) {
	err := refuse(o.all, "does not go with --paper, which says it", "style", "prompt", "prompt-form", "extraction", "temperature", "top-p", "max-tokens",
		"tests-per-problem", "budget-mean", "policy", "classifier", "budget", "selector", "granularity", "observe")
	if err == nil && o.writing.Changed("prompt-solution") && (o.w.PromptSolution == "rotate" || o.w.PromptSolution == "best") {
		err = usageError("--prompt-solution %s does not go with --paper, which shows one solution: give first or a file", o.w.PromptSolution)
	}
	o.Paper()
	return o.Spec, err
}

func (o *runFlags) withoutWriting(why string) (run.Spec, error) {
	var names []string
	o.writing.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	slices.Sort(names)
	o.Writing = nil
	return o.Spec, refuse(o.writing, why, names...)
}
