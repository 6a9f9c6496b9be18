// Package bench measures how fast a model runs here: prompt processing,
// generation of N samples of one prompt, and both from text to text. The
// results carry llama-bench's column names, so that they can be laid side by
// side; what llama-bench leaves out (sampling, detokenising) is included here.
package bench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"coderm/engine"
	"coderm/engine/llama"
	"coderm/internal/cputime"
)

// Spec says what to measure.
type Spec struct {
	Model   llama.Config // Parallel is set by each test
	Prompt  int          // tokens of the shared prompt
	Gen     int          // tokens of each sample
	Depths  []int        // tokens in the context before pp and tg; none: 0 and the prompt's
	Samples []int        // numbers of samples at once
	Repeat  int          // measurements of each test, after one that is not counted
	Tests   []string     // any of pp, tg, e2e
}

// Row is one test. The first group is llama-bench's, the second our own.
type Row struct {
	CPU        string  `json:"cpu_info"`
	GPU        string  `json:"gpu_info"`
	Backends   string  `json:"backends"`
	Model      string  `json:"model_filename"`
	Type       string  `json:"model_type"`
	Size       uint64  `json:"model_size"`
	Params     uint64  `json:"model_n_params"`
	Batch      int     `json:"n_batch"`
	UBatch     int     `json:"n_ubatch"`
	Threads    int     `json:"n_threads"`
	GPULayers  int     `json:"n_gpu_layers"`
	Mmap       bool    `json:"use_mmap"`
	NPrompt    int     `json:"n_prompt"`
	NGen       int     `json:"n_gen"`
	NDepth     int     `json:"n_depth"` // tokens in the context before n_prompt and n_gen
	TestTime   string  `json:"test_time"`
	AvgNS      float64 `json:"avg_ns"`
	StddevNS   float64 `json:"stddev_ns"`
	AvgTS      float64 `json:"avg_ts"` // tokens a second, of all samples together
	StddevTS   float64 `json:"stddev_ts"`
	SamplesNS  []int64 `json:"samples_ns"`
	Test       string  `json:"test"` // pp, tg or e2e with its numbers, e.g. tg128@16
	NSamples   int     `json:"n_samples"`
	Shape      string  `json:"shape"` // how it was batched
	CPUSeconds float64 `json:"cpu_seconds"`
	Digest     string  `json:"model_sha256"`
	PeakRSS    int64   `json:"peak_rss"`        // bytes, since the model was loaded for this N
	Bandwidth  float64 `json:"bandwidth"`       // of the host's memory, bytes a second, measured with the same threads
	Share      float64 `json:"bandwidth_share"` // of what the bandwidth allows one sample; 0 elsewhere

	GraphReuse float64 `json:"graph_reuse"` // share of the tests' steps that used the graph of the one before
	OnDevice   float64 `json:"on_device"`   // share whose tokens were drawn where the logits are, not by the host's sampler

	BaselineTS float64 `json:"baseline_ts,omitempty"` // llama-bench's avg_ts of the same test; 0 where it has none
	Ratio      float64 `json:"ratio,omitempty"`       // AvgTS by that
}

// Run measures and calls report after each test.
func Run(ctx context.Context, s Spec, digest string, report func(Row) error) error {
	bandwidth := 0.0
	for i, n := range s.Samples {
		// Each N has the model to itself, and its own peak of memory.
		resetPeakRSS()
		c := s.Model
		c.Parallel = n
		m, err := llama.Load(ctx, c)
		if err != nil {
			return err
		}
		if bandwidth == 0 {
			bandwidth = llama.Bandwidth(m.Info().Threads)
			resetPeakRSS()
		}
		r := runner{spec: s, model: m, n: n, base: describe(m, s, digest, bandwidth)}
		err = r.all(ctx, i == 0, report)
		m.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// runner measures one model opened for n samples.
type runner struct {
	spec  Spec
	model *llama.Model
	n     int
	base  Row
	runs  int
}

func (r *runner) all(ctx context.Context, first bool, report func(Row) error) error {
	for _, t := range r.spec.cases(r.n) {
		if t.kind == "pp" && !first {
			continue // a prompt is computed once, however many samples follow
		}
		row, err := r.measure(ctx, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name(), err)
		}
		if err := report(row); err != nil {
			return err
		}
	}
	return nil
}

// testCase is one test with its numbers.
type testCase struct {
	kind               string // pp, tg or e2e
	prompt, gen, depth int    // tokens; what is in depth is there before the clock starts
	samples            int
	swept              bool // the depth was asked for
}

// cases lists the tests of n samples.
func (s *Spec) cases(n int) []testCase {
	var list []testCase
	for _, kind := range s.Tests {
		t := testCase{kind: kind, samples: n, swept: len(s.Depths) > 0}
		switch kind {
		case "pp":
			t.prompt, t.samples = s.Prompt, 1
		case "tg":
			t.gen, t.depth = s.Gen, s.Prompt
		default:
			t.prompt, t.gen, t.swept = s.Prompt, s.Gen, false
		}
		if !t.swept {
			list = append(list, t)
			continue
		}
		for _, t.depth = range s.Depths {
			list = append(list, t)
		}
	}
	return list
}

func (t testCase) name() string {
	var name string
	switch t.kind {
	case "pp":
		name = fmt.Sprintf("pp%d", t.prompt)
	case "tg":
		name = fmt.Sprintf("tg%d@%d", t.gen, t.samples)
	default:
		name = fmt.Sprintf("e2e%d+%d@%d", t.prompt, t.gen, t.samples)
	}
	if t.swept {
		name += fmt.Sprintf(" d%d", t.depth)
	}
	return name
}

// timing is one run: how long, how much of all cores, and for how many tokens.
type timing struct {
	took, cpu time.Duration
	tokens    int
	shape     string
}

func (r *runner) measure(ctx context.Context, c testCase) (Row, error) {
	row := r.base
	row.TestTime = time.Now().UTC().Format(time.RFC3339)
	row.Test, row.NSamples, row.NPrompt, row.NGen, row.NDepth = c.name(), c.samples, c.prompt, c.gen, c.depth
	var rates []float64
	var before llama.Steps
	for i := range r.spec.Repeat + 1 {
		t, err := r.run(ctx, c)
		if err != nil {
			return row, err
		}
		if i == 0 {
			before = r.model.Steps()
			continue // warms caches and opens the context
		}
		row.CPUSeconds += t.cpu.Seconds() / float64(r.spec.Repeat)
		row.SamplesNS = append(row.SamplesNS, t.took.Nanoseconds())
		rates = append(rates, float64(t.tokens)/t.took.Seconds())
		row.Shape = t.shape
	}
	ns := make([]float64, len(row.SamplesNS))
	for i, v := range row.SamplesNS {
		ns[i] = float64(v)
	}
	row.AvgNS, row.StddevNS = meanSD(ns)
	row.AvgTS, row.StddevTS = meanSD(rates)
	row.PeakRSS = peakRSS()
	now := r.model.Steps()
	if n := float64(now.All - before.All); n > 0 {
		row.GraphReuse = float64(now.Reused-before.Reused) / n
		row.OnDevice = float64(now.Device-before.Device) / n
	}
	if c.kind == "tg" && r.n == 1 && row.GPULayers == 0 { // a GPU reads its own memory
		row.Share = row.AvgTS * float64(r.model.Info().TokenBytes) / row.Bandwidth
	}
	return row, nil
}

// run does the test once. Every run has another prompt, for the scheduler would
// reuse one it has seen; of a deep one it does, which is how what precedes the
// test gets into the context.
func (r *runner) run(ctx context.Context, c testCase) (timing, error) {
	ids, err := r.prompt(max(1, c.depth+c.prompt)) // nothing follows from nothing
	if err != nil {
		return timing{}, err
	}
	if c.kind == "pp" {
		if c.depth > 0 {
			if _, err := r.model.Embed(ctx, engine.Prompt{Tokens: ids[:c.depth]}); err != nil {
				return timing{}, err
			}
		}
		begin, cpu := time.Now(), cputime.Used()
		_, err := r.model.Embed(ctx, engine.Prompt{Tokens: ids})
		return timing{time.Since(begin), cputime.Used() - cpu, c.prompt, "prompt"}, err
	}
	var t timing
	req := engine.Request{
		Prompt: engine.Prompt{Tokens: ids}, N: r.n, MaxTokens: c.gen, Seed: uint64(r.runs), IgnoreEnd: true,
		Sampling: engine.Sampling{Temperature: 0.8, TopP: 0.95},
	}
	text := r.model.Detokenize(ids)
	begin, cpu := time.Now(), cputime.Used()
	if c.kind == "tg" {
		// A sample's first token is drawn from the prompt's logits; it comes on
		// top and is not counted.
		req.MaxTokens++
		t.tokens = -r.n
		req.Hidden = func([]float32) error { // the prompt is done
			begin, cpu = time.Now(), cputime.Used()
			return nil
		}
	} else if req.Prompt.Tokens, err = r.model.Tokenize(text, true); err != nil {
		return timing{}, err
	}
	err = r.model.Generate(ctx, slices.Values([]engine.Request{req}), func(_ int, s engine.Sample) error {
		t.tokens += s.Tokens
		t.shape = s.Shape
		return nil
	})
	t.took, t.cpu = time.Since(begin), cputime.Used()-cpu
	return t, err
}

// prompt is one of n tokens that no other run has.
func (r *runner) prompt(n int) ([]int32, error) {
	r.runs++
	var b strings.Builder
	b.WriteString("Problem " + strconv.Itoa(r.runs) + ".\n")
	for b.Len() < 8*n {
		b.WriteString(passage)
	}
	ids, err := r.model.Tokenize(b.String(), true)
	if err != nil {
		return nil, err
	}
	return ids[:min(n, len(ids))], nil
}

const passage = `Below is a question and its corresponding code answer. Please write test cases to
check the correctness of the code answer. You need to use the unittest library.

def has_close_elements(numbers, threshold):
    """Check whether any two numbers are closer to each other than threshold."""
    for i, a in enumerate(numbers):
        for j, b in enumerate(numbers):
            if i != j and abs(a - b) < threshold:
                return True
    return False

`

func meanSD(v []float64) (mean, sd float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		sd += (x - mean) * (x - mean)
	}
	if len(v) > 1 {
		sd = math.Sqrt(sd / float64(len(v)-1))
	}
	return mean, sd
}
