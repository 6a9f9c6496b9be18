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
	for _, test := range r.spec.Tests {
		if test == "pp" && !first {
			continue // a prompt is computed once, however many samples follow
		}
		row, err := r.measure(ctx, test)
		if err != nil {
			return fmt.Errorf("%s with %d samples: %w", test, r.n, err)
		}
		if err := report(row); err != nil {
			return err
		}
	}
	return nil
}

// timing is one run: how long, how much of all cores, and for how many tokens.
type timing struct {
	took, cpu time.Duration
	tokens    int
	shape     string
}

func (r *runner) measure(ctx context.Context, test string) (Row, error) {
	row := r.base
	row.TestTime = time.Now().UTC().Format(time.RFC3339)
	row.NSamples = r.n
	switch p, g := r.spec.Prompt, r.spec.Gen; test {
	case "pp":
		row.Test, row.NPrompt, row.NSamples = fmt.Sprintf("pp%d", p), p, 1
	case "tg":
		row.Test, row.NGen, row.NDepth = fmt.Sprintf("tg%d@%d", g, r.n), g, p
	case "e2e":
		row.Test, row.NPrompt, row.NGen = fmt.Sprintf("e2e%d+%d@%d", p, g, r.n), p, g
	default:
		return row, fmt.Errorf("no test %q; there are pp, tg and e2e", test)
	}
	var rates []float64
	for i := range r.spec.Repeat + 1 {
		t, err := r.run(ctx, test)
		if err != nil {
			return row, err
		}
		if i == 0 {
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
	if test == "tg" && r.n == 1 && row.GPULayers == 0 { // a GPU reads its own memory
		row.Share = row.AvgTS * float64(r.model.Info().TokenBytes) / row.Bandwidth
	}
	return row, nil
}

// run does the test once. Every run has another prompt, for the scheduler would
// reuse one it has seen.
func (r *runner) run(ctx context.Context, test string) (timing, error) {
	text, err := r.prompt()
	if err != nil {
		return timing{}, err
	}
	begin, cpu := time.Now(), cputime.Used()
	ids, err := r.model.Tokenize(text, true)
	if err != nil {
		return timing{}, err
	}
	if test == "pp" {
		begin, cpu = time.Now(), cputime.Used()
		_, err := r.model.Embed(ctx, engine.Prompt{Tokens: ids})
		return timing{time.Since(begin), cputime.Used() - cpu, len(ids), "prompt"}, err
	}
	var t timing
	req := engine.Request{
		Prompt: engine.Prompt{Tokens: ids}, N: r.n, MaxTokens: r.spec.Gen, Seed: uint64(r.runs), IgnoreEnd: true,
		Sampling: engine.Sampling{Temperature: 0.8, TopP: 0.95},
	}
	if test == "tg" {
		// A sample's first token is drawn from the prompt's logits; it comes on
		// top and is not counted.
		req.MaxTokens++
		t.tokens = -r.n
		req.Hidden = func([]float32) error { // the prompt is done
			begin, cpu = time.Now(), cputime.Used()
			return nil
		}
	}
	err = r.model.Generate(ctx, slices.Values([]engine.Request{req}), func(_ int, s engine.Sample) error {
		t.tokens += s.Tokens
		t.shape = s.Shape
		return nil
	})
	t.took, t.cpu = time.Since(begin), cputime.Used()-cpu
	return t, err
}

// prompt is a text of about the wanted number of tokens.
func (r *runner) prompt() (string, error) {
	r.runs++
	var b strings.Builder
	b.WriteString("Problem " + strconv.Itoa(r.runs) + ".\n")
	for b.Len() < 8*r.spec.Prompt {
		b.WriteString(passage)
	}
	ids, err := r.model.Tokenize(b.String(), false)
	if err != nil {
		return "", err
	}
	bos := 0
	if r.model.Info().AddBOS {
		bos = 1
	}
	return r.model.Detokenize(ids[:r.spec.Prompt-bos]), nil
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
