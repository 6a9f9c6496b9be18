package machine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"coderm/engine"
	"coderm/engine/child"
	"coderm/engine/llama"
	"coderm/kernels"
	"coderm/problem"
	"coderm/sandbox"
	"coderm/weights/synthetic"
)

// try runs one trial after another and reports a finding of each: what it says and how
// long it took, or the error.
func try(ctx context.Context, report func(Finding), trials []namedTrial) error {
	for _, t := range trials {
		begin := time.Now()
		detail, err := t.run(ctx)
		f := Finding{What: t.what, State: "ok", Detail: fmt.Sprintf("%s (%.1f s)", detail, time.Since(begin).Seconds())}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errUntold):
			f.State, f.Detail = "missing", err.Error()
		case err != nil:
			f.State, f.Detail = "problem", strings.TrimPrefix(detail+"; "+err.Error(), "; ")
		}
		report(f)
	}
	return nil
}

type namedTrial struct {
	what string
	run  func(context.Context) (string, error)
}

// Try has the parts of coderm do a little on this machine, and reports one finding after
// the other: whether the kernels agree with their references, a model and the
// sandbox with what they do elsewhere, and the GPU, if there is one, with the
// processor. modelPath is of a model that writes some words; "" for none.
func Try(ctx context.Context, modelPath string, report func(Finding)) error {
	trials := []namedTrial{{"own kernels' results", tryKernels}, {"llama.cpp's results", tryLlama}, {"sandbox", trySandbox}}
	if modelPath != "" {
		trials = append(trials, namedTrial{"words of a model", func(ctx context.Context) (string, error) { return tryModel(ctx, modelPath) }})
	}
	if slices.ContainsFunc(llama.Devices(), func(d llama.Device) bool { return d.GPU }) {
		trials = append(trials, namedTrial{"greedy text on the GPU", func(ctx context.Context) (string, error) { return tryGreedy(ctx, modelPath) }})
	}
	return try(ctx, report, trials)
}

// tryKernels holds each kernel against its reference.
func tryKernels(context.Context) (string, error) {
	var errs []error
	var isas []string
	all := kernels.Check()
	for _, c := range all {
		if c.Err != nil {
			errs = append(errs, fmt.Errorf("%s on %s: %w", c.Kernel, c.ISA, c.Err))
		}
		if !slices.Contains(isas, c.ISA) {
			isas = append(isas, c.ISA)
		}
	}
	return fmt.Sprintf("%d of %d are their references' (%s)", len(all)-len(errs), len(all), strings.Join(isas, ", ")), errors.Join(errs...)
}

// A synthetic model's answers, as the first machine gave them. Its weights are 32-bit
// floats, so that processors differ in the last digits only.
const (
	tinyPrompt  = "def add(a, b):"
	tinyTokens  = 24
	tinyLogProb = -38.937 // of the whole text
	tinyText    = "stdbrhstdcdcdcdcbl\ufffd btnnfddc a\ufffd eblkeblke\ufffdrr\ufffd"
)

// tinyFar is how far the log-probability of a token may be from that: llama.cpp's
// kernels and ours are a quarter of it apart.
const tinyFar = 1e-3

// tryLlama has a synthetic model write, and compares with what it wrote elsewhere.
func tryLlama(ctx context.Context) (string, error) {
	path, remove, err := tiny(ctx)
	if err != nil {
		return "", err
	}
	defer remove()
	m, err := llama.Load(ctx, llama.Config{Path: path, GPULayers: -1, Threads: 1})
	if err != nil {
		return "", err
	}
	defer m.Close()
	got, err := draw(ctx, m, engine.Request{Prompt: engine.Prompt{Text: tinyPrompt}, N: 1, MaxTokens: tinyTokens, IgnoreEnd: true})
	if err != nil {
		return "", err
	}
	sum := 0.0
	for _, t := range got[0].tokens {
		sum += t.LogProb
	}
	detail := fmt.Sprintf("a model of 32-bit floats wrote %d tokens", len(got[0].tokens))
	if got[0].Text != tinyText || math.Abs(sum-tinyLogProb) > tinyFar*tinyTokens {
		return detail, fmt.Errorf("they are %q with a log-probability of %.4f, and should be %q with %.4f", got[0].Text, sum, tinyText, float64(tinyLogProb))
	}
	return detail + ", as it should", nil
}

// tiny writes the synthetic model.
func tiny(ctx context.Context) (path string, remove func(), err error) {
	dir, err := os.MkdirTemp("", "coderm-doctor-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	if path, err = synthetic.Cached(ctx, dir, "tiny", "F32", nil); err != nil {
		remove()
	}
	return path, remove, err
}

// pairs are what the sandbox must tell apart.
var pairs = []struct {
	solution, test string
	want           sandbox.Kind
}{
	{"def add(a, b):\n    return a + b", "assert add(1, 2) == 3", sandbox.Pass},
	{"def add(a, b):\n    return a - b", "assert add(1, 2) == 3", sandbox.Fail},
	{"def add(a, b):\n    while True: pass", "assert add(1, 2) == 3", sandbox.Timeout},
	{"def add(a, b):\n    return open('/etc/passwd').read()", "assert add(1, 2) == 3", sandbox.Error},
}

// trySandbox runs pairs whose verdicts are known.
func trySandbox(ctx context.Context) (detail string, err error) {
	s, err := sandbox.New(ctx, sandbox.Options{Workers: 1})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	lim := sandbox.DefaultLimits()
	lim.Fuel = 1e9
	var said []string
	for _, p := range pairs {
		v, err := s.Run(ctx, sandbox.Pair{Solution: p.solution, Test: problem.Test{Kind: problem.Assert, Code: p.test}}, lim)
		if err != nil {
			return "", err
		}
		if v.Kind != p.want {
			return "", fmt.Errorf("the verdict on %q is %s (%s), want %s", p.solution, v.Kind, v.Detail, p.want)
		}
		said = append(said, v.Kind.String())
	}
	return strings.Join(said, ", ") + ", as it should", nil
}

// tryModel has a model go on with a sentence, greedily.
func tryModel(ctx context.Context, path string) (string, error) {
	m, err := child.Open(ctx, llama.Config{Path: path}, child.Auto)
	if err != nil {
		return "", err
	}
	defer m.Close()
	got, err := draw(ctx, m, engine.Request{Prompt: engine.Prompt{Text: texts[1]}, N: 1, MaxTokens: 8, IgnoreEnd: true})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s: %q goes on with %q", m.Info().Name, m.Info().Quantization, texts[1], got[0].Text), nil
}

// tryGreedy compares a model's greedy text on the GPU with the processor's; without a
// model, the synthetic one's.
func tryGreedy(ctx context.Context, path string) (string, error) {
	if path == "" {
		var remove func()
		var err error
		if path, remove, err = tiny(ctx); err != nil {
			return "", err
		}
		defer remove()
	}
	t := &trial{config: llama.Config{Path: path}, tokens: 24}
	defer t.close()
	if err := t.open(ctx); err != nil {
		return "", err
	}
	return t.greedy(ctx)
}
