package llama

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"coderm/engine"
	"coderm/internal/testkit"
	"coderm/weights/gguf"
	"coderm/weights/store"
	"coderm/weights/synthetic"
)

// tiny is a random model of a few hundred kilobytes that every machine has.
func tiny(t testing.TB, c Config) *Model {
	t.Helper()
	return random(t, c, "Q4_0")
}

// smooth is another, in which small differences stay small: quantizing
// activations makes large ones of them.
func smooth(t testing.TB, c Config) *Model {
	t.Helper()
	return random(t, c, "F32")
}

func random(t testing.TB, c Config, quant string) *Model {
	t.Helper()
	var err error
	if c.Path, err = synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "tiny", quant, nil); err != nil {
		t.Fatal(err)
	}
	return load(t, c)
}

// real is the default model, when it was pulled.
func real(t testing.TB, c Config) *Model {
	t.Helper()
	var err error
	c.Path, err = store.Resolve("")
	testkit.Need(t, err, "the default model")
	return load(t, c)
}

func load(t testing.TB, c Config) *Model {
	t.Helper()
	if c.Threads == 0 {
		c.Threads = 1
	}
	m, err := Load(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func generate(t testing.TB, m *Model, r engine.Request) []engine.Sample {
	t.Helper()
	got := make([]engine.Sample, r.N)
	err := m.Generate(t.Context(), each(r), func(_ int, s engine.Sample) error {
		got[s.Index-r.FirstIndex] = s
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func each(requests ...engine.Request) iter.Seq[engine.Request] { return slices.Values(requests) }

var creative = engine.Sampling{Temperature: 0.8, TopP: 0.95}

// requests draws n of them, some with a common beginning.
func requests(n int, vocab int32) []engine.Request {
	rng := rand.New(rand.NewPCG(8, 8))
	common := make([]int32, 80)
	for i := range common {
		common[i] = rng.Int32N(vocab)
	}
	list := make([]engine.Request, n)
	for i := range list {
		prompt := append([]int32(nil), common[:rng.IntN(len(common))]...)
		for range 1 + rng.IntN(60) {
			prompt = append(prompt, rng.Int32N(vocab))
		}
		list[i] = engine.Request{
			Prompt: engine.Prompt{Tokens: prompt}, N: 1 + rng.IntN(6), MaxTokens: 1 + rng.IntN(24),
			Seed: rng.Uint64(), FirstIndex: rng.IntN(3), Sampling: creative,
		}
	}
	return list
}

// TestFixedShape: 200 requests at once, a third of which are cancelled at random:
// while they wait, in the middle of a sample, or between two. Every sample is, to
// the last bit of its probability, what it is alone, whether the prompt's hidden state
// is wanted or, as where a run goes on, there already.
func TestFixedShape(t *testing.T) {
	for _, quant := range []string{"Q4_0", "Q4_1"} { // interleaved, and row by row
		t.Run(quant, func(t *testing.T) { testFixedShape(t, quant) })
	}
}

func testFixedShape(t *testing.T, quant string) {
	m := random(t, Config{Fixed: true, Parallel: 16, ContextTokens: 256}, quant)
	list := requests(200, int32(m.Info().Vocab)-16)
	rng := rand.New(rand.NewPCG(9, 9))
	got := make([]map[int]engine.Sample, len(list))
	var wg sync.WaitGroup
	for i, r := range list {
		got[i] = map[int]engine.Sample{}
		cancelled := rng.IntN(3) == 0
		samples, moment := rng.IntN(r.N+1), time.Duration(rng.IntN(2000))*time.Millisecond
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if cancelled {
				defer time.AfterFunc(moment, cancel).Stop()
			}
			err := m.Generate(ctx, each(r), func(_ int, s engine.Sample) error {
				got[i][s.Index] = s
				if cancelled && len(got[i]) == samples {
					cancel()
				}
				return nil
			})
			switch {
			case err != nil && !(cancelled && errors.Is(err, context.Canceled)):
				t.Errorf("request %d: %v", i, err)
			case err == nil && len(got[i]) != r.N:
				t.Errorf("request %d: %d samples of %d", i, len(got[i]), r.N)
			}
		})
	}
	wg.Wait()
	whole, part := 0, 0
	for i, r := range list {
		switch len(got[i]) {
		case r.N:
			whole++
		case 0:
		default:
			part++
		}
		if i%2 == 0 {
			r.Hidden = func([]float32) error { return nil }
		}
		for _, s := range generate(t, m, r) {
			if among, ok := got[i][s.Index]; ok {
				if d := cmp.Diff(s, among); d != "" {
					t.Fatalf("request %d (-alone +among others):\n%s", i, d)
				}
			}
		}
	}
	if whole < len(list)/2 || part == 0 {
		t.Errorf("%d requests were finished and %d cut off half-way: the test shows nothing", whole, part)
	}
}

// TestLayouts: how the KV cache is laid out does not change a sample. (One at a
// time: llama.cpp rounds differently in batches of different layouts.)
func TestLayouts(t *testing.T) {
	unified := tiny(t, Config{KV: KVUnified, Flash: FlashOn, Parallel: 4, NoDraft: true})
	streams := tiny(t, Config{KV: KVStreams, Flash: FlashOn, Parallel: 4, NoDraft: true})
	for i, r := range requests(20, int32(unified.Info().Vocab)-16) {
		r.Prompt.Tokens[0] = int32(i) // nothing to reuse, which depends on room
		if r.N = 1; i == 0 {
			r.N = 4 // opens contexts of four sequences
		}
		a, b := generate(t, unified, r), generate(t, streams, r)
		for k := range a {
			if a[k].Shape != "seq4/unified/ub512" || b[k].Shape != "seq4/streams/ub512" {
				t.Fatalf("shapes %s and %s", a[k].Shape, b[k].Shape)
			}
			b[k].Shape = a[k].Shape
		}
		if d := cmp.Diff(a, b); d != "" && r.N == 1 {
			t.Errorf("request %d (-unified +streams):\n%s", i, d)
		}
	}
}

func TestHidden(t *testing.T) {
	m := tiny(t, Config{Fixed: true, Parallel: 2})
	var during []float32
	r := requests(1, 1000)[0]
	r.Hidden = func(h []float32) error { during = h; return nil }
	generate(t, m, r)
	alone, err := m.Embed(t.Context(), r.Prompt)
	if err != nil {
		t.Fatal(err)
	}
	if len(alone) != m.Info().Embedding || !cmp.Equal(alone, during) {
		t.Errorf("hidden states differ: %d and %d numbers", len(alone), len(during))
	}
	other, err := m.Embed(t.Context(), engine.Prompt{Tokens: r.Prompt.Tokens[:len(r.Prompt.Tokens)-1]})
	if err != nil {
		t.Fatal(err)
	}
	if cmp.Equal(alone, other) {
		t.Error("another prompt has the same hidden state")
	}
}

// TestOverflow: a full context ends the sample, not the request.
func TestOverflow(t *testing.T) {
	m := tiny(t, Config{ContextTokens: 40})
	r := requests(1, 1000)[0]
	r.Prompt.Tokens, r.N, r.MaxTokens = r.Prompt.Tokens[:30], 3, 100
	for _, s := range generate(t, m, r) {
		if s.Finish == engine.FinishOverflow && s.Tokens != 10 || s.Tokens > 10 {
			t.Errorf("%d tokens, finish %s", s.Tokens, s.Finish)
		}
	}
}

// TestShortMemory: with room for few sequences, fewer run at once.
func TestShortMemory(t *testing.T) {
	const perPosition = 2 * 2 * 64 * 2 * 2 // layers, KV heads, head size, K and V, bytes
	for _, kv := range []KV{KVUnified, KVStreams} {
		m := tiny(t, Config{KV: kv, Memory: 3 * 256 * perPosition})
		r := requests(1, 1000)[0]
		r.N, r.MaxTokens = 20, 256-len(r.Prompt.Tokens)
		for _, s := range generate(t, m, r) {
			// Streams are as many as fit; a unified cache counts what is in use.
			if kv == KVStreams && !strings.HasPrefix(s.Shape, "seq3/") {
				t.Fatalf("shape %s, want 3 sequences", s.Shape)
			}
			if s.Finish == engine.FinishOverflow {
				t.Fatalf("sample %d was cut off after %d tokens", s.Index, s.Tokens)
			}
		}
	}
	m := tiny(t, Config{Memory: 1000})
	err := m.Generate(t.Context(), each(requests(1, 1000)...), nil)
	if err == nil || !strings.Contains(err.Error(), "no memory for a context") {
		t.Errorf("got %v", err)
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	good, err := synthetic.Cached(t.Context(), filepath.Join(os.TempDir(), "coderm-test"), "tiny", "Q4_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		data []byte
		want error
	}{
		{"missing", nil, fs.ErrNotExist},
		{"empty", []byte{}, gguf.ErrFormat},
		{"text", []byte("this is no model\n"), gguf.ErrFormat},
		{"half", data[:len(data)/2], gguf.ErrFormat},
		{"header only", data[:200], gguf.ErrFormat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, tt.name+".gguf")
			if tt.data != nil {
				if err := os.WriteFile(path, tt.data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Load(t.Context(), Config{Path: path})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("not one line naming the file: %q", err)
			}
		})
	}
}

func TestDefaultModel(t *testing.T) {
	m := real(t, Config{Parallel: 2, Threads: 2})
	const text = "def add(a, b):\n    return a + b  # naïve\n"
	ids, err := m.Tokenize(text, false)
	if err != nil {
		t.Fatal(err)
	}
	if back := m.Detokenize(ids); back != text {
		t.Errorf("%q became %q", text, back)
	}
	prompt, err := m.ApplyTemplate([]Message{{"user", "What is the capital of France?"}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(prompt, "<|im_start|>assistant\n") || m.ChatTemplate() == "" {
		t.Errorf("template gave %q", prompt)
	}
	if ids, err = m.Tokenize(prompt, false); err != nil {
		t.Fatal(err)
	}
	if ids[0] != 1 {
		t.Errorf("<|im_start|> became %v", ids[:3])
	}
	r := engine.Request{Prompt: engine.Prompt{Text: prompt, Rendered: true}, N: 2, MaxTokens: 40}
	got := generate(t, m, r)
	if !strings.Contains(got[0].Text, "Paris") || got[0].Finish != engine.FinishEOT {
		t.Errorf("got %+v", got[0])
	}
	if got[0].Text != got[1].Text || got[0].LogProb >= 0 {
		t.Errorf("two greedy samples: %+v", got)
	}
}
