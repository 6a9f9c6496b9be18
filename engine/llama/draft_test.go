package llama

import (
	"log/slog"
	"math"
	"strings"
	"testing"

	"coderm/engine"
	"coderm/engine/sched"
)

// drafting is a model that is drafted for whatever its weights are, and counts.
type drafting struct {
	schedModel
	drafts        int
	batches, rows *int
}

func (m drafting) Plan(n sched.Need) (sched.Shape, error) {
	s, err := m.schedModel.Plan(n)
	s.Drafts = m.drafts
	return s, err
}

func (m drafting) Open(s sched.Shape) (sched.Decoder, error) {
	d, err := m.schedModel.Open(s)
	return counting{d, m}, err
}

type counting struct {
	sched.Decoder
	m drafting
}

func (d counting) Decode(rows []sched.Row, draws []sched.Draw, hidden bool) error {
	*d.m.batches++
	*d.m.rows += len(rows)
	return d.Decoder.Decode(rows, draws, hidden)
}

// Cost is that of one kind of processor, so that the same is drafted on all.
func (d counting) Cost(rows int) float64 {
	return (&decoder{costs: blockCosts["avx512 vnni"]}).Cost(rows)
}

// TestDraft: drafts save batches and leave the samples what they are, until
// rounding, which depends on the rows of a batch, turns a draw.
func TestDraft(t *testing.T) {
	m := tiny(t, Config{KV: KVUnified})
	r := requests(1, int32(m.Info().Vocab)-16)[0]
	r.N, r.MaxTokens, r.IgnoreEnd = 3, 150, true
	r.Sampling = engine.Sampling{Temperature: 0.05, Repeat: 1.01}
	run := func(drafts int) (got []engine.Sample, batches, rows int) {
		s := sched.New(drafting{schedModel{m}, drafts, &batches, &rows}, slog.New(slog.DiscardHandler))
		defer s.Close()
		got = make([]engine.Sample, r.N)
		err := s.Generate(t.Context(), each(r), func(_ int, e engine.Sample) error {
			got[e.Index-r.FirstIndex] = e
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got, batches, rows
	}
	plain, slow, fewest := run(0)
	drafted, fast, rows := run(16)
	t.Logf("%d batches and %d rows without drafts, %d and %d with", slow, fewest, fast, rows)
	if fast > slow*3/4 {
		t.Errorf("%d batches with drafts, %d without", fast, slow)
	}
	for i, s := range drafted {
		if half := len(plain[i].Text) / 2; !strings.HasPrefix(s.Text, plain[i].Text[:half]) {
			t.Errorf("sample %d:\n%q with drafts,\n%q without", i, s.Text, plain[i].Text)
		}
	}
}

// TestWhenDrafts: nothing is drafted where it was not found to pay, or where
// tokens could not be taken back.
func TestWhenDrafts(t *testing.T) {
	ours := 0 // drafts where our kernels are what makes them pay
	if usableKernels().products != nil {
		ours = mostDrafts
	}
	for _, tt := range []struct {
		name   string
		config Config
		quant  string
		window bool
		want   int
	}{
		{"interleaved weights", Config{Parallel: 4}, "Q4_0", false, mostDrafts},
		{"of K type, more at once", Config{Parallel: 32}, "Q4_K", false, 32},
		{"of K type, left as they are", Config{Parallel: 4, NoRepack: true}, "Q4_K", false, 0},
		{"row by row", Config{Parallel: 4}, "Q4_1", false, ours},
		{"left as they are", Config{Parallel: 4, NoRepack: true}, "Q4_0", false, ours},
		{"others", Config{Parallel: 4}, "Q6_K", false, 0},
		{"streams", Config{Parallel: 4, KV: KVStreams}, "Q4_0", false, 0},
		{"a GPU", Config{Parallel: 4, GPULayers: 1}, "Q4_0", false, 0},
		{"a window", Config{Parallel: 4}, "Q4_0", true, 0},
		{"fixed shape", Config{Parallel: 4, Fixed: true}, "Q4_0", false, 0},
		{"not wanted", Config{Parallel: 4, NoDraft: true}, "Q4_0", false, 0},
	} {
		tt.config.Memory = 1 << 40
		m := &Model{config: tt.config, info: Info{TokenBytes: 77e6, Quantization: tt.quant}, kvCell: 23040, window: tt.window, attends: true, tile: 16}
		s, err := schedModel{m}.Plan(sched.Need{Positions: 400, Samples: 64, Prompt: 300, Gen: 100, Each: 64})
		if err != nil || s.Drafts != tt.want {
			t.Errorf("%s: %d drafts, %v; want %d", tt.name, s.Drafts, err, tt.want)
		}
	}
}

// TestCost: what was measured, what lies between, and what is beyond.
func TestCost(t *testing.T) {
	d := &decoder{costs: []rowCost{{1, 1}, {2, 1.5}, {4, 2.5}}}
	for _, tt := range []struct {
		rows int
		want float64
	}{{1, 1}, {2, 1.5}, {3, 2}, {4, 2.5}, {16, 10}} {
		if got := d.Cost(tt.rows); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%d rows cost %.3f, want %.3f", tt.rows, got, tt.want)
		}
	}
}

// TestRowCosts: there are prices for the products that this processor uses.
func TestRowCosts(t *testing.T) {
	k := usableKernels()
	if k.products != nil && (plainCosts[k.isa] == nil || blockCosts[k.isa] == nil) {
		t.Errorf("no prices for %s", k.isa)
	}
}
