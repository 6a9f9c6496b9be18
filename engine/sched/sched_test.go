package sched

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"coderm/engine"
	"coderm/internal/cputime"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t testing.TB, m *fakeModel) *Scheduler {
	s := New(m, slog.New(slog.DiscardHandler))
	t.Cleanup(s.Close)
	return s
}

func prompt(n int, seed int32) []int32 {
	p := make([]int32, n)
	for i := range p {
		p[i] = (seed+1)*int32(i+1)%(fakeVocab-1) + 1
	}
	return p
}

func ids(n int, seed int32) engine.Prompt { return engine.Prompt{Tokens: prompt(n, seed)} }

func each(requests ...engine.Request) iter.Seq[engine.Request] { return slices.Values(requests) }

// collect runs a request and returns its samples by index.
func collect(ctx context.Context, s *Scheduler, r engine.Request) (map[int]engine.Sample, error) {
	got := map[int]engine.Sample{}
	err := s.Generate(ctx, each(r), func(_ int, e engine.Sample) error {
		if _, twice := got[e.Index]; twice {
			return fmt.Errorf("sample %d twice", e.Index)
		}
		got[e.Index] = e
		return nil
	})
	return got, err
}

// TestSamplesAreTheirOwn: whatever requests share the batch, every sample is
// what it would be alone, and no rule of the decoder is broken.
func TestSamplesAreTheirOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &fakeModel{
			positions: rapid.IntRange(40, 120).Draw(t, "positions"),
			shape: Shape{
				Seqs:    rapid.IntRange(1, 9).Draw(t, "seqs"),
				PerSeq:  200,
				Batch:   rapid.IntRange(1, 64).Draw(t, "batch"),
				Unified: rapid.Bool().Draw(t, "unified"),
			},
		}
		m.shape.Fixed = !m.shape.Unified && rapid.Bool().Draw(t, "fixed")
		m.shape.Steady = !m.shape.Fixed && rapid.Bool().Draw(t, "steady")
		if m.shape.Unified && !m.shape.Steady {
			m.shape.Drafts = rapid.IntRange(0, 40).Draw(t, "drafts")
			m.habits = rapid.IntRange(0, 100).Draw(t, "habits")
			m.free = rapid.IntRange(0, 30).Draw(t, "free")
		}
		s := New(m, slog.New(slog.DiscardHandler))
		defer s.Close()
		prompts := map[[2]int]engine.Prompt{}
		calls := make([]*testCall, rapid.IntRange(1, 8).Draw(t, "calls"))
		for i := range calls {
			calls[i] = drawCall(t, prompts)
		}
		var wg sync.WaitGroup
		for _, c := range calls {
			wg.Go(func() { c.make(s) })
		}
		wg.Wait()
		for i, c := range calls {
			if c.err != nil && !(c.cancelled && errors.Is(c.err, context.Canceled)) {
				t.Fatalf("call %d: %v", i, c.err)
			}
			for k, r := range c.requests {
				if c.err == nil && len(c.got[k]) != r.N {
					t.Fatalf("call %d request %d: %d samples of %d", i, k, len(c.got[k]), r.N)
				}
				begun := r.Hidden != nil && (c.err == nil || len(c.got[k]) > 0)
				if want := []float32{fakeState(r.Prompt.Tokens)}; begun && !cmp.Equal(c.hidden[k], want) {
					t.Fatalf("call %d request %d: hidden %v, want %v", i, k, c.hidden[k], want)
				}
				for index, got := range c.got[k] {
					want := alone(m, r, index)
					want.Shape = got.Shape
					if d := cmp.Diff(want, got); d != "" {
						t.Fatalf("call %d request %d sample %d (-want +got):\n%s", i, k, index, d)
					}
					checkDrawn(t, got, c.drawn[k][index])
				}
			}
		}
	})
}

// testCall is a call of Generate and what came of it, by request.
type testCall struct {
	requests  []engine.Request
	cancelled bool // with its second sample
	got       []map[int]engine.Sample
	drawn     []map[int][]engine.Token // likewise
	hidden    [][]float32
	err       error
}

// checkDrawn: the tokens that were told of one by one are those of the sample.
func checkDrawn(t *rapid.T, s engine.Sample, drawn []engine.Token) {
	text, sum := "", 0.0
	for _, d := range drawn {
		text += d.Text
		sum += d.LogProb
	}
	n := len(drawn)
	if s.Finish == engine.FinishEOT { // whose token is no text
		n++
		sum--
	}
	if n != s.Tokens || math.Abs(sum-s.LogProb) > 1e-9 || !strings.HasPrefix(text, s.Text) || s.Finish != engine.FinishStop && text != s.Text {
		t.Fatalf("told of %d tokens, %q, %g, of %+v", n, text, sum, s)
	}
}

// drawCall draws requests, whose prompts are shared with the calls before.
func drawCall(t *rapid.T, prompts map[[2]int]engine.Prompt) *testCall {
	n := rapid.IntRange(1, 4).Draw(t, "requests")
	c := &testCall{
		cancelled: rapid.IntRange(0, 4).Draw(t, "cancel") == 0,
		got:       make([]map[int]engine.Sample, n),
		drawn:     make([]map[int][]engine.Token, n),
		hidden:    make([][]float32, n),
	}
	for k := range n {
		c.got[k], c.drawn[k] = map[int]engine.Sample{}, map[int][]engine.Token{}
		c.requests = append(c.requests, engine.Request{
			Prompt:     drawPrompt(t, prompts),
			N:          rapid.IntRange(1, 12).Draw(t, "n"),
			MaxTokens:  rapid.IntRange(1, 90).Draw(t, "max"),
			Seed:       rapid.Uint64Range(0, 3).Draw(t, "seed"),
			FirstIndex: rapid.IntRange(0, 3).Draw(t, "first"),
			Stop:       rapid.SampledFrom([][]string{nil, {"BC"}, {"Q", "ZZ", ""}}).Draw(t, "stop"),
			Sampling:   engine.Sampling{Repeat: rapid.SampledFrom([]float32{0, 1.1}).Draw(t, "repeat")},
			Drawn:      func(i int, t engine.Token) { c.drawn[k][i] = append(c.drawn[k][i], t) },
		})
		if rapid.Bool().Draw(t, "hidden") {
			c.requests[k].Hidden = func(h []float32) error { c.hidden[k] = h; return nil }
		}
	}
	return c
}

func drawPrompt(t *rapid.T, prompts map[[2]int]engine.Prompt) engine.Prompt {
	key := [2]int{rapid.OneOf(rapid.IntRange(1, 39), rapid.Just(20)).Draw(t, "prompt"), rapid.IntRange(0, 3).Draw(t, "kind")}
	if _, known := prompts[key]; !known {
		prompts[key] = ids(key[0], int32(key[1]))
	}
	return prompts[key]
}

func (c *testCall) make(s *Scheduler) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	samples := 0
	c.err = s.Generate(ctx, each(c.requests...), func(k int, e engine.Sample) error {
		c.got[k][e.Index] = e
		if samples++; c.cancelled && samples == 2 {
			cancel()
		}
		return nil
	})
}

// TestRepeats: one call is computed in the same batches every time.
func TestRepeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCall(t, map[[2]int]engine.Prompt{})
		c.cancelled = false
		shape := Shape{Seqs: 5, PerSeq: 200, Batch: 20, Unified: true, Drafts: rapid.IntRange(0, 8).Draw(t, "drafts")}
		var first uint64
		for i := range 3 {
			m := &fakeModel{positions: 120, shape: shape, habits: 60, free: 8}
			s := New(m, slog.New(slog.DiscardHandler))
			c.make(s)
			s.Close()
			if c.err != nil {
				t.Fatal(c.err)
			}
			if i == 0 {
				first = m.trace
			} else if m.trace != first {
				t.Fatalf("run %d was computed in other batches", i)
			}
		}
	})
}

// TestPromptOnce: a prompt is computed once for all samples, and a second
// prompt only from where it differs.
func TestPromptOnce(t *testing.T) {
	m := &fakeModel{positions: 400, shape: Shape{Seqs: 8, PerSeq: 400, Batch: 512, Unified: true}}
	s := start(t, m)
	r := engine.Request{Prompt: ids(300, 1), N: 8, MaxTokens: 1}
	if _, err := collect(t.Context(), s, r); err != nil {
		t.Fatal(err)
	}
	if m.computed != 300 {
		t.Errorf("computed %d rows for a prompt of 300 and samples of one token", m.computed)
	}
	r.Prompt.Tokens = append(append([]int32(nil), r.Prompt.Tokens[:250]...), prompt(20, 2)...)
	if _, err := collect(t.Context(), s, r); err != nil {
		t.Fatal(err)
	}
	if m.computed != 320 {
		t.Errorf("computed %d rows after a second prompt with 20 new tokens, want 320", m.computed)
	}
	if m.opened != 1 {
		t.Errorf("opened %d contexts", m.opened)
	}
}

// TestRefill: with more samples than slots, the slots stay in use.
func TestRefill(t *testing.T) {
	for _, unified := range []bool{true, false} {
		m := &fakeModel{positions: 100, shape: Shape{Seqs: 4, PerSeq: 100, Batch: 64, Unified: unified}}
		s := start(t, m)
		r := engine.Request{Prompt: ids(10, 1), N: 40, MaxTokens: 20}
		got, err := collect(t.Context(), s, r)
		if err != nil {
			t.Fatal(err)
		}
		tokens := 0
		for _, e := range got {
			tokens += e.Tokens
		}
		if len(got) != 40 || m.maxRows > 4 {
			t.Errorf("unified=%v: %d samples, %d at once", unified, len(got), m.maxRows)
		}
		// The first token costs no row, nor does the last.
		if want := 10 + tokens - 40; m.computed != want {
			t.Errorf("unified=%v: computed %d rows, want %d", unified, m.computed, want)
		}
	}
}

// TestGrow: a context too small for the next request is replaced.
func TestGrow(t *testing.T) {
	m := &fakeModel{positions: 100, shape: Shape{Seqs: 8, PerSeq: 100, Batch: 64}}
	s := start(t, m)
	for _, r := range []engine.Request{
		{Prompt: ids(5, 1), N: 1, MaxTokens: 5},
		{Prompt: ids(5, 1), N: 8, MaxTokens: 5},
		{Prompt: ids(50, 1), N: 8, MaxTokens: 50},
		{Prompt: ids(5, 1), N: 1, MaxTokens: 5},
	} {
		got, err := collect(t.Context(), s, r)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range got {
			if want := alone(m, r, i); e.Text != want.Text {
				t.Errorf("sample %d: %q, want %q", i, e.Text, want.Text)
			}
		}
	}
	if m.opened != 3 {
		t.Errorf("opened %d contexts, want 3: none for the last, small request", m.opened)
	}
}

// TestGrowWithin: requests that prove too large for the context while others run
// wait for a larger one, and every sample is what it is alone.
func TestGrowWithin(t *testing.T) {
	for _, shape := range []Shape{
		{Seqs: 3, PerSeq: 200, Batch: 64},
		{Seqs: 3, PerSeq: 200, Batch: 64, Unified: true},
		{Seqs: 3, PerSeq: 80, Batch: 64}, // there is no memory for the larger ones
	} {
		m := &fakeModel{positions: 200, shape: shape}
		var requests []engine.Request
		for i := range 40 {
			requests = append(requests, engine.Request{Prompt: ids(10+i, int32(i)), N: 1 + i%3, MaxTokens: 60, Seed: uint64(i)})
		}
		samples := 0
		err := start(t, m).Generate(t.Context(), each(requests...), func(k int, got engine.Sample) error {
			samples++
			want := alone(m, requests[k], got.Index)
			if want.Shape = got.Shape; got.Finish == engine.FinishOverflow {
				want.Text, want.Tokens, want.LogProb, want.Finish = want.Text[:len(got.Text)], got.Tokens, got.LogProb, got.Finish
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%v: request %d (-alone +got):\n%s", shape, k, d)
			}
			return nil
		})
		if err != nil || samples != 79 {
			t.Errorf("%v: %d samples, %v", shape, samples, err)
		}
		if m.opened < 2 || m.opened > 20 {
			t.Errorf("%v: %d contexts were opened", shape, m.opened)
		}
	}
}

// TestLazy: of very many requests, few are taken before their samples can start,
// and those by what has been computed, not by when.
func TestLazy(t *testing.T) {
	const requests = 5000
	run := func() (takenAt []int, trace uint64) {
		m := &fakeModel{positions: 100, shape: Shape{Seqs: 4, PerSeq: 100, Batch: 64, Unified: true, Drafts: 8}, habits: 60, free: 8}
		s := start(t, m)
		samples := 0
		sequence := func(yield func(engine.Request) bool) {
			for i := range requests {
				takenAt = append(takenAt, samples)
				if waiting := i - samples; waiting > 3*m.shape.Seqs {
					t.Fatalf("%d requests are taken when %d are served", i, samples)
				}
				p := engine.Prompt{Text: "PROMPT" + strings.Repeat("X", i%7), Rendered: i%2 == 0}
				if !yield(engine.Request{Prompt: p, N: 1, MaxTokens: 1 + i%5, Seed: uint64(i)}) {
					return
				}
			}
		}
		err := s.Generate(t.Context(), sequence, func(int, engine.Sample) error { samples++; return nil })
		if err != nil || samples != requests {
			t.Fatalf("%d samples of %d, %v", samples, requests, err)
		}
		return takenAt, m.trace
	}
	first, trace := run()
	again, retrace := run()
	if d := cmp.Diff(first, again); d != "" || trace != retrace {
		t.Errorf("the second run took its requests at other times (-first +second):\n%s", d)
	}
}

// TestTexts: a text is tokenized with or without what begins a text, requests of
// one text are computed together, and one that cannot be tokenized fails alone.
func TestTexts(t *testing.T) {
	m := &fakeModel{positions: 400, shape: Shape{Seqs: 8, PerSeq: 400, Batch: 512, Unified: true}}
	s := start(t, m)
	long := strings.Repeat("PROMPT", 50)
	first := engine.Request{Prompt: engine.Prompt{Text: long, Rendered: true}, N: 2, MaxTokens: 1, Seed: 5}
	next := first
	next.FirstIndex = 2
	odd := first
	odd.Prompt.Text = "no such token"
	got := map[int]engine.Sample{}
	err := s.Generate(t.Context(), each(first, odd, next), func(_ int, e engine.Sample) error { got[e.Index] = e; return nil })
	var failed engine.RequestErrors
	if !errors.As(err, &failed) || len(failed) != 1 || failed[1] == nil {
		t.Errorf("got %v, want an error of request 1", err)
	}
	if len(got) != 4 || m.computed != len(long) {
		t.Errorf("%d samples, %d rows computed for one prompt of %d tokens", len(got), m.computed, len(long))
	}
	c := newCall(m, each(first, next), (*engine.Request).Check, nil)
	defer c.stop()
	one, _ := c.take()
	two, _ := c.take()
	if !same(one.prompt, two.prompt) {
		t.Error("two requests of one text have places of their own in the KV cache")
	}
	tokens, _ := m.Tokenize(long, false)
	begun, _ := m.Tokenize(long, true)
	for _, tt := range []struct {
		prompt engine.Prompt
		want   []int32
	}{
		{engine.Prompt{Text: long, Rendered: true}, tokens},
		{engine.Prompt{Text: long}, begun},
		{engine.Prompt{Tokens: tokens}, tokens},
	} {
		h, err := s.Embed(t.Context(), tt.prompt)
		if err != nil || h[0] != fakeState(tt.want) {
			t.Errorf("%+v has the hidden state %v, %v", tt.prompt, h, err)
		}
	}
}

// TestTurns: a call that comes while another has more samples waiting than there are
// slots, or requests without end, has the next slot that falls free, also where it needs
// a larger context; and what both draw is their own.
func TestTurns(t *testing.T) {
	for name, tt := range map[string]struct {
		first  []engine.Request
		second engine.Request
	}{
		"many samples":     {[]engine.Request{{Prompt: ids(10, 1), N: 64, MaxTokens: 20}}, engine.Request{Prompt: ids(10, 2), N: 2, MaxTokens: 20, Seed: 5}},
		"the same prompt":  {[]engine.Request{{Prompt: ids(10, 1), N: 64, MaxTokens: 20}}, engine.Request{Prompt: ids(10, 1), N: 2, MaxTokens: 20, Seed: 5}},
		"many requests":    {slices.Repeat([]engine.Request{{Prompt: ids(10, 1), N: 1, MaxTokens: 20}}, 500), engine.Request{Prompt: ids(10, 2), N: 2, MaxTokens: 20, Seed: 5}},
		"a larger context": {[]engine.Request{{Prompt: ids(10, 1), N: 64, MaxTokens: 20}}, engine.Request{Prompt: ids(10, 2), N: 2, MaxTokens: 60, Seed: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			m := &fakeModel{positions: 100, shape: Shape{Seqs: 4, PerSeq: 100, Batch: 64, Unified: true}}
			s := start(t, m)
			got := map[int]engine.Sample{}
			var second sync.WaitGroup
			finished, meanwhile := 0, 0 // samples of the first call
			err := s.Generate(t.Context(), each(tt.first...), func(k int, e engine.Sample) error {
				want := alone(m, tt.first[k], e.Index)
				if want.Shape = e.Shape; want != e {
					t.Errorf("%+v, alone %+v", e, want)
				}
				if finished++; finished != 1 {
					return nil
				}
				second.Go(func() {
					err := s.Generate(t.Context(), each(tt.second), func(_ int, e engine.Sample) error {
						got[e.Index] = e
						meanwhile = finished // the scheduler waits for one yield at a time
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				})
				for came := 0; came == 0; runtime.Gosched() {
					s.mu.Lock()
					came = len(s.incoming)
					s.mu.Unlock()
				}
				return nil
			})
			second.Wait()
			if err != nil || finished != len(tt.first)*tt.first[0].N {
				t.Fatalf("%d samples, %v", finished, err)
			}
			if len(got) != tt.second.N {
				t.Fatalf("%d samples of the second call", len(got))
			}
			for i, e := range got {
				want := alone(m, tt.second, i)
				if want.Shape = e.Shape; want != e {
					t.Errorf("%+v, alone %+v", e, want)
				}
			}
			if meanwhile > finished/4 {
				t.Errorf("the second call waited for %d of %d samples", meanwhile, finished)
			}
		})
	}
}

// BenchmarkGenerate is the scheduler's processor time for a token, with that of a model
// that costs little.
func BenchmarkGenerate(b *testing.B) {
	m := &fakeModel{positions: 400, shape: Shape{Seqs: 32, PerSeq: 400, Batch: 512, Unified: true, Drafts: 32}, habits: 60, free: 8}
	s := start(b, m)
	var requests []engine.Request
	for i := range 48 {
		requests = append(requests, engine.Request{Prompt: ids(60, int32(i)), N: 5, MaxTokens: 60, Seed: uint64(i)})
	}
	tokens, before := 0, cputime.Used()
	for b.Loop() {
		err := s.Generate(b.Context(), each(requests...), func(_ int, e engine.Sample) error { tokens += e.Tokens; return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cputime.Used()-before).Nanoseconds())/float64(tokens), "cpu-ns/token")
}
