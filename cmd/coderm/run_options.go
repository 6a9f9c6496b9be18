package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coderm/rerank"
	"coderm/sandbox"
)

// runOptions are the flags of the commands that do the main job or half of it.
type runOptions struct {
	problems, solutions, tests, out string
	exec, choose                    bool // run the tests; pick a solution

	// writing tests
	given                            *pflag.FlagSet // the flags of this part, to tell which were given
	modelName, style, promptSolution string
	perProblem                       int
	budgetMean                       float64
	policy, classifier, shares       string
	server, chatTemplate             string
	serverLimits                     serverLimits
	temperature, topP                float32
	maxTokens                        int
	threads, gpuLayers               int
	fixedShape, noDraft              bool

	// running them
	limits  sandbox.Limits
	workers int

	// choosing
	selector, granularity string
	truth                 bool
	hidden                string // file of hidden tests for the truth
	seed                  uint64
}

func (o *runOptions) inputFlags(c *cobra.Command, needSolutions bool) {
	f := c.Flags()
	f.StringVar(&o.problems, "problems", "", "problems `FILE` (JSONL; plain, .gz or .zst)")
	f.StringVar(&o.solutions, "solutions", "", "`FILE` of candidate solutions")
	f.StringVar(&o.out, "out", "", "run `FOLDER`, new or to be resumed")
	f.Uint64Var(&o.seed, "seed", 1, "seed of sampling and of ties")
	c.MarkFlagRequired("problems")
	c.MarkFlagRequired("out")
	if needSolutions {
		c.MarkFlagRequired("solutions")
	}
}

func (o *runOptions) testFlags(c *cobra.Command) {
	c.Flags().StringVar(&o.tests, "tests", "", "use the tests in this `FILE` instead of writing some")
}

func (o *runOptions) writerFlags(c *cobra.Command) {
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.given = f
	f.StringVar(&o.modelName, "model", "", "GGUF file or name in the model store (default: $CODERM_MODEL, or 'default')")
	f.IntVar(&o.perProblem, "tests-per-problem", 20, "completions sampled per problem")
	f.StringVar(&o.shares, "budget", "", "`FILE` of completions by problem instead, as 'budget apply' writes it")
	f.StringVar(&o.server, "server", "", "draw from a server instead: ollama=ADDRESS or openai=ADDRESS, --model naming its model")
	o.serverLimits.flags(f)
	f.StringVar(&o.chatTemplate, "chat-template", "", "Jinja `FILE` of the server's model, for --style unittest")
	f.StringVar(&o.style, "style", "", "unittest or assert (default: what the model can do)")
	f.StringVar(&o.promptSolution, "prompt-solution", "rotate", "candidate shown to the model: first, rotate, or a solutions FILE")
	f.Float32Var(&o.temperature, "temperature", 0, "sampling temperature (default: the model's preset)")
	f.Float32Var(&o.topP, "top-p", 0, "nucleus sampling (default: the model's preset)")
	f.IntVar(&o.maxTokens, "max-tokens", 0, "longest completion (default: the model's preset)")
	f.IntVar(&o.threads, "threads", 0, "threads of the model (default: half of the cores while the sandbox works too)")
	f.IntVar(&o.gpuLayers, "gpu-layers", 0, "layers on GPUs (0: as many as fit, -1: none)")
	f.BoolVar(&o.noDraft, "no-draft", false, "compute no tokens ahead of the samples")
	f.BoolVar(&o.fixedShape, "fixed-shape", false, "make samples independent of the batch they are drawn in (slower)")
	c.Flags().AddFlagSet(f)
}

// budgetFlags divide the completions between the problems by verdicts, so only a
// command that runs the tests has them. They follow writerFlags, as part of them.
func (o *runOptions) budgetFlags(c *cobra.Command) {
	f := o.given
	f.Float64Var(&o.budgetMean, "budget-mean", 0, "mean completions per problem, divided by --policy (default: --tests-per-problem)")
	f.StringVar(&o.policy, "policy", "uniform", "how the budget is divided: uniform, adaptive, or difficulty (needs --classifier)")
	f.StringVar(&o.classifier, "classifier", "", "`FILE` that 'budget fit' wrote (adaptive works without)")
	c.Flags().AddFlagSet(f)
}

func (o *runOptions) sandboxFlags(c *cobra.Command) {
	f := c.Flags()
	d := sandbox.MatrixLimits()
	f.Uint64Var(&o.limits.Fuel, "fuel", d.Fuel, "wasm instructions a pair may take, about")
	f.Int64Var(&o.limits.Memory, "memory", d.Memory, "bytes of memory a pair may use")
	f.DurationVar(&o.limits.Wall, "wall", d.Wall, "wall-clock backstop of a pair")
	f.Int64Var(&o.limits.Output, "output", d.Output, "bytes a pair may print")
	f.IntVar(&o.limits.GiveUp, "give-up", d.GiveUp, "timeouts in a row after which a solution's other tests count as timeouts too (0: never)")
	f.IntVar(&o.workers, "workers", 0, "sandbox workers (default: one a core)")
}

// selectorNames lists what --selector may be.
func selectorNames() string {
	return strings.Join(rerank.Names(), ", ") + "; with +public, among the solutions that pass the most of the question's examples"
}

func (o *runOptions) choiceFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.selector, "selector", rerank.Default, "how to choose: "+selectorNames())
	f.StringVar(&o.granularity, "granularity", "", "what counts as one test: class or method (default: the selector's)")
	f.StringVar(&o.hidden, "hidden", "", "as --truth, with the hidden tests in this `FILE` (as 'import' writes it)")
	f.BoolVar(&o.truth, "truth", false, "run the problems' hidden checks too and show which choices are right")
}
