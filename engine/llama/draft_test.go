package llama

import (
	"log/slog"
	"testing"

	"coderm/engine"
	"coderm/engine/sched"
)

// drafting is a model that is drafted for whatever its weights are, and counts.
type drafting struct {
	modelOf
	drafts        int
	batches, rows *int
}

func (m drafting) Plan(n sched.Need) (sched.Shape, error) {
	s, err := m.modelOf.Plan(n)
	s.Drafts = m.drafts
	return s, err
}

func (m drafting) Open(s sched.Shape) (sched.Decoder, error) {
	d, err := m.modelOf.Open(s)
	return counting{d, m}, err
}

type counting struct {
	sched.Decoder
	m drafting
}

func (d counting) Decode(rows []sched.Row, hidden bool) error {
	*d.m.batches++
	*d.m.rows += len(rows)
	return d.Decoder.Decode(rows, hidden)
}

// TestDraft: drafts save batches and leave the samples what they are, in a model
// whose numbers are large enough apart that rounding does not matter.
func TestDraft(t *testing.T) {
	m := tiny(t, Config{KV: KVUnified})
	r := requests(1, int32(m.Info().Vocab)-16)[0]
	r.N, r.MaxTokens, r.IgnoreEnd = 3, 150, true
	r.Sampling = engine.Sampling{Temperature: 0.05, Repeat: 1.01}
	run := func(drafts int) (got []engine.Sample, batches, rows int) {
		s := sched.New(drafting{modelOf{m}, drafts, &batches, &rows}, slog.New(slog.DiscardHandler))
		defer s.Close()
		got = make([]engine.Sample, r.N)
		err := s.Generate(t.Context(), r, func(e engine.Sample) error { got[e.Index-r.FirstIndex] = e; return nil })
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
		if s.Text != plain[i].Text {
			t.Errorf("sample %d:\n%q with drafts,\n%q without", i, s.Text, plain[i].Text)
		}
	}
}
