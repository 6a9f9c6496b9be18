package sched

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/google/go-cmp/cmp"

	"coderm/engine"
	"coderm/internal/seed"
	"coderm/kernels"
)

// fakeModel is a language model whose next token is a hash of all tokens
// before it and of the sample's stream, so that a wrong, missing or foreign
// token in a sequence shows in the text. It checks the rules a Decoder relies on.
type fakeModel struct {
	shape     Shape // what Plan gives; Seqs and PerSeq are upper bounds
	positions int
	opened    int
	failAfter int    // decodes until an error, 0 = never
	habits    int    // percent of tokens that follow from the one before
	free      int    // rows of a batch that cost no more than one
	maxRows   int    // most samples seen in a batch
	computed  int    // rows decoded
	steps     int    // batches decoded
	trace     uint64 // a hash of all batches
}

const fakeVocab = 64 // token 0 ends the turn

func (m *fakeModel) MaxPositions() int          { return m.positions }
func (m *fakeModel) MaxSamples() int            { return m.shape.Seqs }
func (m *fakeModel) Piece(token int32) string   { return fmt.Sprintf("%c", 'A'+token) }
func (m *fakeModel) EndOfTurn(token int32) bool { return token == 0 }

// Tokenize makes a token of each letter, and 63 of the beginning.
func (m *fakeModel) Tokenize(text string, bos bool) (ids []int32, err error) {
	if bos {
		ids = append(ids, fakeVocab-1)
	}
	for _, c := range text {
		if c < 'A' || c >= 'A'+fakeVocab {
			return nil, fmt.Errorf("no token for %q", c)
		}
		ids = append(ids, c-'A')
	}
	return ids, nil
}

func (m *fakeModel) Plan(n Need) (Shape, error) {
	s := m.shape
	s.PerSeq = min(n.Positions, s.PerSeq)
	s.Seqs = min(n.Samples, s.Seqs)
	if s.Fixed {
		s.Seqs = m.shape.Seqs
	}
	s.Cells = s.Seqs * s.PerSeq
	if s.Unified {
		s.Cells = max(s.PerSeq, s.Cells*2/3) // tight on purpose
		if s.Steady {
			s.Cells += s.Seqs
		}
	}
	return s, nil
}

func (m *fakeModel) Open(s Shape) (Decoder, error) {
	m.opened++
	return &fakeDecoder{m: m, s: s, seqs: make([][]cell, s.Seqs)}, nil
}

// cell is a KV cell; copies in a unified cache share it.
type cell struct {
	token int32
	id    *int
}

type fakeDecoder struct {
	m    *fakeModel
	s    Shape
	seqs [][]cell
	last []Row

	announced []Draw // to Decode, in a steady shape
}

func (d *fakeDecoder) Shape() Shape { return d.s }
func (d *fakeDecoder) Cost(rows int) float64 {
	return 10 + float64(max(0, rows-d.m.free))
}
func (d *fakeDecoder) Close() { d.seqs = nil }

func (d *fakeDecoder) Decode(rows []Row, draws []Draw, hidden bool) error {
	if d.m.failAfter--; d.m.failAfter == 0 {
		return errors.New("out of luck")
	}
	if len(rows) > d.s.Batch+d.s.Seqs+d.s.Drafts+MinChunk {
		return fmt.Errorf("%d rows", len(rows))
	}
	outputs, samples := 0, map[int32]int{}
	for i, r := range rows {
		if i > 0 {
			if step := r.Seq - rows[i-1].Seq; step < 0 || step > 1 && !d.s.Unified {
				return fmt.Errorf("sequence %d after %d", r.Seq, rows[i-1].Seq)
			}
		}
		if int(r.Pos) != len(d.seqs[r.Seq]) {
			return fmt.Errorf("sequence %d: position %d, want %d", r.Seq, r.Pos, len(d.seqs[r.Seq]))
		}
		d.seqs[r.Seq] = append(d.seqs[r.Seq], cell{r.Token, new(int)})
		if len(d.seqs[r.Seq]) > d.s.PerSeq {
			return fmt.Errorf("sequence %d overruns", r.Seq)
		}
		if r.Output {
			outputs++
			samples[r.Seq]++
		} else if hidden {
			return errors.New("a row without output, and hidden states wanted")
		}
	}
	if !hidden && outputs > d.s.Seqs+d.s.Drafts {
		return fmt.Errorf("%d rows with output", outputs)
	}
	for seq, n := range samples {
		if !d.s.Unified && len(rows) == outputs && n*len(samples) != outputs {
			return fmt.Errorf("sequence %d has %d of %d rows in %d streams", seq, n, outputs, len(samples))
		}
	}
	if d.s.Steady {
		if err := d.checkSteady(rows, draws, hidden); err != nil {
			return err
		}
	}
	used := map[*int]bool{}
	for _, s := range d.seqs {
		for _, c := range s {
			used[c.id] = true
		}
	}
	if len(used) > d.s.Cells {
		return fmt.Errorf("%d cells of %d", len(used), d.s.Cells)
	}
	d.last = append(d.last[:0], rows...)
	d.m.maxRows = max(d.m.maxRows, len(samples))
	d.m.computed += len(rows)
	d.m.steps++
	h := fnv.New64a()
	fmt.Fprint(h, d.m.trace, rows)
	d.m.trace = h.Sum64()
	return nil
}

// checkSteady: a batch is a piece of one prompt, or a row for each of the first so
// many sequences, their number one of a few.
func (d *fakeDecoder) checkSteady(rows []Row, draws []Draw, hidden bool) error {
	d.announced = append(d.announced[:0], draws...)
	if len(draws) == 0 {
		for _, r := range rows {
			if r.Seq != rows[0].Seq || r.Output != hidden {
				return fmt.Errorf("rows of %d and %d without draws; output %v, hidden %v", rows[0].Seq, r.Seq, r.Output, hidden)
			}
		}
		return nil
	}
	if n := len(rows); n != batchWidth(n, d.s.Seqs) {
		return fmt.Errorf("a batch of %d rows", n)
	}
	for i, r := range rows {
		if int(r.Seq) != i || !r.Output {
			return fmt.Errorf("row %d is of sequence %d", i, r.Seq)
		}
	}
	return nil
}

// state is the fake hidden state of a row: a hash of its tokens.
func (d *fakeDecoder) state(row int) float32 {
	r := d.last[row]
	var tokens []int32
	for _, c := range d.seqs[r.Seq][:r.Pos+1] {
		tokens = append(tokens, c.token)
	}
	return fakeState(tokens)
}

func (d *fakeDecoder) Hidden(row int) ([]float32, error) { return []float32{d.state(row)}, nil }
func (d *fakeDecoder) Hold(row int) (*Held, error) {
	return &Held{Logits: []float32{d.state(row), float32(d.last[row].Token)}, Release: func() {}}, nil
}

func (d *fakeDecoder) Sample(draws []Draw) error {
	if d.s.Steady && !cmp.Equal(draws, d.announced) {
		return fmt.Errorf("draws %+v, announced were %+v", draws, d.announced)
	}
	for i := range draws {
		w := &draws[i]
		var state float32
		var last int32
		if w.Held != nil {
			state, last = w.Held.Logits[0], int32(w.Held.Logits[1])
		} else {
			state, last = d.state(w.Row), d.last[w.Row].Token
		}
		w.Token, w.LogProb = d.m.draw(state, last, w.Seed, w.Position, w.Recent), -1
		if d.s.Steady && (w.Seed+w.Position+uint64(w.Try))%5 < 2 {
			w.Token = kernels.NoToken // as if by the random number of this try
		}
	}
	return nil
}

func (d *fakeDecoder) Copy(src, dst, n int) {
	d.seqs[dst] = append([]cell(nil), d.seqs[src][:n]...)
	if !d.s.Unified {
		for i := range d.seqs[dst] {
			d.seqs[dst][i].id = new(int)
		}
	}
}

func (d *fakeDecoder) Trim(seq, n int) { d.seqs[seq] = d.seqs[seq][:min(n, len(d.seqs[seq]))] }

func fakeState(tokens []int32) float32 {
	h := fnv.New32a()
	for _, t := range tokens {
		h.Write([]byte{byte(t)})
	}
	return float32(h.Sum32() >> 10)
}

// draw is the next token: by habit, which is the same for all samples, or a hash
// of all that it may depend on.
func (m *fakeModel) draw(state float32, last int32, seed, position uint64, recent []int32) int32 {
	h := fnv.New64a()
	fmt.Fprint(h, state, seed, position, recent)
	r := h.Sum64() >> 20
	if int(r%100) < m.habits {
		return (last*7+3)%(fakeVocab-1) + 1
	}
	return int32(r / 100 % fakeVocab)
}

// alone is what a sample must be, whatever else is going on.
func alone(m *fakeModel, r engine.Request, index int) engine.Sample {
	s := engine.Sample{Index: index, Seed: seed.Sample(r.Seed, index)}
	tokens := append([]int32(nil), r.Prompt.Tokens...)
	for s.Finish == "" {
		var recent []int32
		if r.Sampling.Repeat != 0 && r.Sampling.Repeat != 1 {
			recent = tokens[len(r.Prompt.Tokens):]
		}
		t := m.draw(fakeState(tokens), tokens[len(tokens)-1], s.Seed, uint64(s.Tokens), recent)
		tokens = append(tokens, t)
		s.Tokens++
		s.LogProb--
		if t == 0 {
			s.Finish = engine.FinishEOT
			break
		}
		s.Text += m.Piece(t)
		for _, stop := range r.Stop {
			if i := strings.Index(s.Text, stop); stop != "" && i >= 0 {
				s.Text, s.Finish = s.Text[:i], engine.FinishStop
			}
		}
		switch {
		case s.Finish != "":
		case s.Tokens == r.MaxTokens:
			s.Finish = engine.FinishLength
		case len(tokens) == m.positions:
			s.Finish = engine.FinishOverflow
		}
	}
	return s
}
