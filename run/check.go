package run

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"

	"coderm/budget"
	"coderm/model"
	"coderm/problem"
	"coderm/rerank"
)

// The checks here refuse values out of range before anything is read, made or
// loaded: a typing mistake must not leave a folder behind or end a long job.

// coresOver bounds numbers of threads, as a multiple of this machine's cores.
const coresOver = 16

// CheckThreads refuses numbers of threads or workers that only hurt. 0 stands
// for the default.
func CheckThreads(field string, n int) error {
	if cores := runtime.NumCPU(); n < 0 || n > coresOver*cores {
		return wrong(field, n, "give 1 to %d, or 0 for the default (this machine has %d cores)", coresOver*cores, cores)
	}
	return nil
}

// Check refuses limits that the sandbox would, and zeros, which it takes for its
// defaults.
func (l Limits) Check() error {
	if l.Fuel == 0 || l.Memory == 0 || l.Wall == 0 || l.Output == 0 {
		return bad("fuel, memory, wall and output must be above 0")
	}
	return asInput(l.Sandbox().Check())
}

// MaxMean bounds the mean number of completions, far above any use of them.
const MaxMean = 100_000

// maxObserve bounds the inputs to observe, far above any use of them.
const maxObserve = 1000

var policies = []string{budget.PolicyUniform, budget.PolicyDifficulty, budget.PolicyAdaptive}

// Check looks at every field but what is in the files. Its errors are
// *InputErrors.
func (s *Spec) Check() error {
	switch {
	case !slices.Contains([]Job{Testgen, Exec, Rerank}, s.Job):
		return wrong("job", string(s.Job), "unknown; use testgen, exec or rerank")
	case s.Problems == "":
		return &InputError{Field: "problems", Err: errMissing}
	case s.Out == "":
		return &InputError{Field: "out", Err: errMissing}
	case s.Job != Testgen && s.Solutions == "":
		return &InputError{Field: "solutions", Err: errMissing}
	case s.Job == Testgen && s.Tests != "", s.Job != Rerank && (s.Truth || s.Hidden != "" || s.Selector != ""):
		return bad("%s has no use for tests, truth, hidden or selector", s.Job)
	case s.Observe < 0 || s.Observe > maxObserve:
		return wrong("observe", s.Observe, "give 0 to %d", maxObserve)
	case s.Job != Rerank && s.Observe != 0:
		return bad("%s has no use for observe", s.Job)
	case s.Writing != nil && (s.Tests != "" || s.Job == Exec):
		return bad("writing has no use where the tests are given")
	case s.Writing == nil && (s.Job == Testgen || s.Job == Rerank && s.Tests == ""):
		return bad("neither tests nor how to write them")
	}
	if err := s.Subset.Check(); err != nil {
		return asInput(err)
	}
	if s.Job == Rerank {
		if _, err := rerank.ParseBy(s.Selector, s.Granularity); err != nil {
			return asInput(err)
		}
	}
	if s.Job.runs() {
		if err := s.Limits.Check(); err != nil {
			return err
		}
		if err := CheckThreads("workers", s.Workers); err != nil {
			return err
		}
	}
	if s.Writing == nil {
		return nil
	}
	return s.Writing.check(s.Job)
}

var errMissing = errors.New("missing")

func (w *Writing) check(job Job) error {
	switch t, p := w.Temperature, w.TopP; {
	case t != nil && !(*t >= 0 && *t < math.MaxFloat32):
		return wrong("temperature", *t, "give 0 (always the likeliest token) or more")
	case p != nil && !(*p > 0 && *p <= 1):
		return wrong("top_p", *p, "give more than 0 and at most 1")
	case w.Style != "" && !slices.Contains(model.Styles(), problem.Kind(w.Style)):
		return wrong("style", w.Style, "unknown; use unittest or assert, or for programs that read and write stdio, input or generator")
	case w.Prompt != "" && w.Style != "":
		return wrong("prompt", w.Prompt, "says what it asks for; leave style out")
	case w.Prompt != "" && w.PromptForm != "":
		return wrong("prompt", w.Prompt, "says its form; leave prompt-form out")
	case w.PromptForm != "" && !slices.Contains(model.Forms(), model.Form(w.PromptForm)):
		return wrong("prompt_form", w.PromptForm, "unknown; use published or raw")
	case w.Extraction != "" && !slices.Contains(model.Extractings(), model.Extracting(w.Extraction)):
		return wrong("extraction", w.Extraction, "unknown; use tolerant or reference")
	case w.MaxTokens < 0:
		return wrong("max_tokens", w.MaxTokens, "give at least 1")
	case !slices.Contains(policies, w.Policy):
		return wrong("policy", w.Policy, "unknown; use one of %s", strings.Join(policies, ", "))
	case job == Testgen && w.Policy != budget.PolicyUniform:
		return wrong("policy", w.Policy, "divides by verdicts, and testgen has none")
	case w.Policy == budget.PolicyDifficulty && w.Classifier == "" && w.Budget == "":
		return wrong("policy", w.Policy, "needs a classifier, a file that 'coderm budget fit' writes")
	case w.TestsPerProblem > MaxMean || w.BudgetMean > MaxMean:
		return bad("more than %d completions per problem; lower tests-per-problem or budget-mean", MaxMean)
	case w.ThinkingTokens < 0:
		return wrong("thinking_tokens", w.ThinkingTokens, "give a number of tokens, or 0 for none beside max_tokens")
	case w.Server != "":
		speaks, _, err := parseServer(w.Server)
		if err == nil && speaks != "" && w.Model == "" {
			err = wrong("server", w.Server, "needs model, the model's name there")
		}
		if err != nil {
			return err
		}
	}
	switch {
	case w.ServerParallel < 0:
		return wrong("server_parallel", w.ServerParallel, "give a number of completions, or 0 for as many as the server says")
	}
	for field, d := range map[string]Duration{"server_timeout": w.ServerTimeout, "server_silence": w.ServerSilence, "server_patience": w.ServerPatience} {
		if d <= 0 {
			return wrong(field, d, "give more than 0")
		}
	}
	if err := w.Placement.Check(); err != nil {
		return err
	}
	return CheckThreads("threads", w.Threads)
}
