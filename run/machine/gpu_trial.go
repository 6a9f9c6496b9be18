package machine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"coderm/engine"
	"coderm/engine/child"
	"coderm/engine/llama"
	"coderm/engine/sched"
	"coderm/internal/units"
)

// trial compares what a GPU computes with what the CPU does.
type trial struct {
	config   llama.Config
	tokens   int // of a text; the other trials go by it
	cpu, gpu child.Local
}

// TryGPU loads the model of c on the GPU and on the CPU, and reports one finding after
// the other: whether the two agree on texts of so many tokens, and what becomes of a
// cancelled run and of one that the GPU has no memory for.
func TryGPU(ctx context.Context, c llama.Config, tokens int, report func(Finding)) error {
	t := &trial{config: c, tokens: tokens}
	defer t.close()
	if err := t.open(ctx); err != nil {
		return err
	}
	return try(ctx, report, []namedTrial{
		{"greedy text", t.greedy}, {"sampler", t.sampler}, {"hidden states", t.hidden},
		{"cancelling", t.cancelling}, {"plan", t.plan}, {"out of memory", t.outOfMemory},
	})
}

// open loads the model twice: on the GPU and on the CPU.
func (t *trial) open(ctx context.Context) (err error) {
	if t.gpu, err = child.Open(ctx, t.config, child.Own); err != nil {
		return err
	}
	if t.gpu.Info().GPULayers == 0 {
		return errors.New("no layer of the model lies on a GPU ('coderm doctor' says why)")
	}
	c := t.config
	c.GPULayers = -1
	t.cpu, err = child.Open(ctx, c, child.Own)
	return err
}

func (t *trial) close() {
	for _, m := range []child.Local{t.gpu, t.cpu} {
		if m != nil {
			m.Close()
		}
	}
}

var errUntold = errors.New("this device does not tell")

// texts are prompts that need no template.
var texts = []string{
	"def add(a, b):\n    return", "The capital of France is", "import unittest\n\nclass Test", "for i in range(10):\n    print(",
}

// drawn is a sample token by token.
type drawn struct {
	engine.Sample
	tokens []engine.Token
}

func draw(ctx context.Context, m engine.Model, r engine.Request) ([]drawn, error) {
	list := make([]drawn, r.N)
	r.Drawn = func(i int, t engine.Token) { list[i].tokens = append(list[i].tokens, t) }
	err := m.Generate(ctx, slices.Values([]engine.Request{r}), func(_ int, s engine.Sample) error {
		list[s.Index].Sample = s
		return nil
	})
	return list, err
}

// tooFar is a difference of a token's log-probability that no rounding makes: the
// CPU rounds activations to 8 bits, which makes tenths of it.
const tooFar = 1

// greedy compares the likeliest tokens, as far as the two texts go together.
func (t *trial) greedy(ctx context.Context) (string, error) {
	same, together, all, far := 0, 0, 0, 0.0
	for _, text := range texts {
		r := engine.Request{Prompt: engine.Prompt{Text: text}, N: 1, MaxTokens: t.tokens, IgnoreEnd: true}
		want, err := draw(ctx, t.cpu, r)
		if err != nil {
			return "", err
		}
		got, err := draw(ctx, t.gpu, r)
		if err != nil {
			return "", err
		}
		n := 0
		for n < min(len(want[0].tokens), len(got[0].tokens)) && want[0].tokens[n].ID == got[0].tokens[n].ID {
			far = max(far, math.Abs(want[0].tokens[n].LogProb-got[0].tokens[n].LogProb))
			n++
		}
		if want[0].Text == got[0].Text {
			same++
		}
		together, all = together+n, all+len(want[0].tokens)
	}
	detail := fmt.Sprintf("%d of %d texts are the CPU's, %d of %d tokens before they part; log-probabilities of these differ by %.3f at most", same, len(texts), together, all, far)
	if far > tooFar || together*4 < all {
		return detail, errors.New("that is more than rounding explains")
	}
	return detail, nil
}

// samplerDraws are enough to tell distributions apart that differ in a hundredth.
const samplerDraws = 2048

// sampler compares the distribution of a first token, drawn by different seeds, by
// Pearson's chi-squared test of two samples.
func (t *trial) sampler(ctx context.Context) (string, error) {
	counts := map[int32]*[2]float64{}
	for i, m := range []engine.Model{t.cpu, t.gpu} {
		r := engine.Request{
			Prompt: engine.Prompt{Text: texts[1]}, N: samplerDraws, MaxTokens: 1, Seed: uint64(1 + i), IgnoreEnd: true,
			Sampling: engine.Sampling{Temperature: 0.8, TopP: 0.95},
		}
		list, err := draw(ctx, m, r)
		if err != nil {
			return "", err
		}
		for _, s := range list {
			id := s.tokens[0].ID
			if counts[id] == nil {
				counts[id] = new([2]float64)
			}
			counts[id][i]++
		}
	}
	chi2, classes := chiSquared(counts)
	if classes < 2 {
		return fmt.Sprintf("%d draws on each are of one class", samplerDraws), nil
	}
	p := distuv.ChiSquared{K: float64(classes - 1)}.Survival(chi2)
	detail := fmt.Sprintf("%d draws on each: chi-squared %.1f of %d classes, p = %.3f", samplerDraws, chi2, classes, p)
	if p < 1e-4 {
		return detail, errors.New("the distributions differ")
	}
	return detail, nil
}

// chiSquared is the statistic of two histograms of as many draws each. Tokens of
// fewer than ten draws are one class.
func chiSquared(counts map[int32]*[2]float64) (chi2 float64, classes int) {
	var rest [2]float64
	add := func(c [2]float64) {
		if sum := c[0] + c[1]; sum > 0 {
			chi2 += (c[0] - c[1]) * (c[0] - c[1]) / sum
			classes++
		}
	}
	for _, c := range counts {
		if c[0]+c[1] < 10 {
			rest[0], rest[1] = rest[0]+c[0], rest[1]+c[1]
			continue
		}
		add(*c)
	}
	add(rest)
	return chi2, classes
}

// hidden compares the states that difficulty is predicted from.
func (t *trial) hidden(ctx context.Context) (string, error) {
	least := 1.0
	for _, text := range texts {
		want, err := t.cpu.Embed(ctx, engine.Prompt{Text: text})
		if err != nil {
			return "", err
		}
		got, err := t.gpu.Embed(ctx, engine.Prompt{Text: text})
		if err != nil {
			return "", err
		}
		var dot, a, b float64
		for i := range want {
			x, y := float64(want[i]), float64(got[i])
			dot, a, b = dot+x*y, a+x*x, b+y*y
		}
		least = min(least, dot/math.Sqrt(a*b))
	}
	detail := fmt.Sprintf("%d states, the least alike at a cosine of %.5f", len(texts), least)
	if !(least > 0.98) {
		return detail, errors.New("they differ")
	}
	return detail, nil
}

// cancelling ends a long run in its midst, and draws again.
func (t *trial) cancelling(ctx context.Context) (string, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	tokens, at := 0, time.Time{}
	n := 2 * t.tokens
	enough := n * t.tokens / 2
	r := engine.Request{Prompt: engine.Prompt{Text: texts[0]}, N: n, MaxTokens: 2000, IgnoreEnd: true, Sampling: engine.Sampling{Temperature: 0.8}}
	r.Drawn = func(int, engine.Token) {
		if tokens++; tokens == enough {
			at = time.Now()
			cancel()
		}
	}
	err := t.gpu.Generate(inner, slices.Values([]engine.Request{r}), func(int, engine.Sample) error { return nil })
	if !errors.Is(err, context.Canceled) {
		return "", fmt.Errorf("a cancelled run of %d completions ends with %w", n, err)
	}
	took := time.Since(at)
	_, err = draw(ctx, t.gpu, engine.Request{Prompt: engine.Prompt{Text: texts[0]}, N: 1, MaxTokens: 4, IgnoreEnd: true})
	return fmt.Sprintf("%d completions cancelled after %d tokens, in %.0f ms and %d tokens more; the next is drawn", n, enough, 1000*took.Seconds(), tokens-enough), err
}

// plan compares what was planned with what the devices have left.
func (t *trial) plan(ctx context.Context) (string, error) {
	t.gpu.Close() // its memory is counted, too
	n := 2 * t.tokens
	need := sched.Need{Positions: 300, Samples: n, Prompt: 256, Gen: 4, Each: n}
	p, err := llama.PlanFor(t.config, need)
	if err != nil {
		return "", err
	}
	m, err := child.Open(ctx, t.config, child.Shared)
	if err != nil {
		return p.String(), err
	}
	defer m.Close()
	prompt := strings.Repeat(texts[0], 32)
	if _, err := draw(ctx, m, engine.Request{Prompt: engine.Prompt{Text: prompt}, N: n, MaxTokens: 4, IgnoreEnd: true}); err != nil {
		return p.String(), err
	}
	used, planned := int64(0), int64(0)
	for i, at := range p.Places[:len(p.Places)-1] {
		planned += at.Weights + at.KV + at.Drawing
		for _, d := range llama.Devices() {
			if d.Name == m.Info().GPUs[i].Name {
				used += at.Free - int64(d.Free)
			}
		}
	}
	if used <= 0 {
		return p.String(), fmt.Errorf("%w what is used of its memory; planned: %s", errUntold, p)
	}
	detail := fmt.Sprintf("%s used where weights, KV cache and drawing were planned to take %s; %s", units.Bytes(used), units.Bytes(planned), p)
	if used > planned+int64(len(p.Places)-1)<<30 {
		return detail, errors.New("more than the plan and what it leaves free")
	}
	return detail, nil
}

// outOfMemory has the plan believe in as much memory again as the GPUs have, and fill
// it.
func (t *trial) outOfMemory(ctx context.Context) (string, error) {
	c := t.config
	refusals := &counting{}
	c.Log, c.Parallel = slog.New(refusals), llama.MaxParallel
	total := uint64(0)
	for _, g := range t.gpu.Info().GPUs {
		total += g.Total
		c.Reserve = min(c.Reserve, -int64(g.Total))
	}
	p, err := llama.PlanFor(c, usual)
	if err != nil {
		return "", err
	}
	m, err := child.Open(ctx, c, child.Own)
	if err != nil {
		return "", err
	}
	defer m.Close()
	each := min(m.Info().TrainContext, p.Positions/c.Parallel) - 64
	if int64(each)*int64(c.Parallel)*p.KVToken < int64(total) {
		return "", fmt.Errorf("%w: the model's longest completions do not fill its memory", errUntold)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	tokens, enough := 0, 8*t.tokens
	r := engine.Request{Prompt: engine.Prompt{Text: texts[0]}, N: c.Parallel, MaxTokens: each, IgnoreEnd: true, Sampling: engine.Sampling{Temperature: 0.8}}
	r.Drawn = func(int, engine.Token) {
		if tokens++; tokens == enough {
			cancel()
		}
	}
	err = m.Generate(inner, slices.Values([]engine.Request{r}), func(int, engine.Sample) error { return nil })
	switch {
	case tokens < enough:
		return fmt.Sprintf("after %d refusals", refusals.n), err
	case refusals.n == 0:
		return "", fmt.Errorf("%w: it gave out twice what it has", errUntold)
	}
	return fmt.Sprintf("refused %d times (%s), then tokens came, with %d of %d layers on the GPU", refusals.n, refusals.first, m.Info().GPULayers, m.Info().Layers+1), nil
}

// counting counts a log's warnings.
type counting struct {
	slog.Handler
	n     int
	first string
}

func (*counting) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }

func (c *counting) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "another one goes on") {
		if c.n++; c.n == 1 {
			c.first, _, _ = strings.Cut(r.Message, "; ")
		}
	}
	return nil
}
