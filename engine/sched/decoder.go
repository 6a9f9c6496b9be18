// Package sched keeps one language model busy: it decodes the samples of many
// requests in one batch, computes a prompt once for all its samples, and gives
// a slot that falls free to the next sample at once. It knows nothing of
// llama.cpp; a Decoder is all it needs.
package sched

import (
	"fmt"

	"coderm/kernels"
)

// Row is one token of a batch.
type Row struct {
	Token, Pos, Seq int32
	Output          bool // logits are wanted
}

// Draw asks for one token from the logits of a row of the last batch, or from
// logits that were held, and has room for the answer.
type Draw struct {
	Row      int   // index into the rows of the last Decode, or -1 for Held
	Held     *Held // logits kept from an earlier Decode
	Settings kernels.Settings
	Seed     uint64  // the sample's random stream
	Position uint64  // how many tokens this sample has drawn before
	Try      uint32  // how often this token was left undrawn before
	Recent   []int32 // what the repetition penalty applies to: the sample so far
	// Alternatives is how many of the most probable tokens are wanted, too.
	Alternatives int

	Token   int32   // out; kernels.NoToken: not drawn, which a later row must try again
	LogProb float32 // out: natural log, at temperature 1
	Others  []Other // out: the alternatives
}

// Other is a token that could have been drawn, with its LogProb.
type Other struct {
	Token   int32
	LogProb float32
}

// Held is a row of logits kept for later draws; Release frees it.
type Held struct {
	Logits  []float32 // [n_vocab], C memory
	Release func()

	jobs int // that share it
}

// Shape is what a Decoder was opened with.
type Shape struct {
	Seqs    int  // sequences at once
	PerSeq  int  // positions a sequence may have; all where Unified
	Cells   int  // positions altogether; Seqs*PerSeq when not Unified
	Unified bool // one KV buffer for all sequences, or a stream for each
	Batch   int  // rows computed at once
	Fixed   bool // every decode has Seqs rows, whatever is going on
	Steady  bool // decodes have few sizes, and all they draw is known beforehand (steady.go)
	Drafts  int  // drafted rows a batch may have; only where Unified
	// Quantized keeps keys and values in 8 bits instead of 16.
	Quantized bool
}

// String is the shape as recorded with every sample.
func (s Shape) String() string {
	kv := "streams"
	if s.Unified {
		kv = "unified"
	}
	text := fmt.Sprintf("seq%d/%s/ub%d", s.Seqs, kv, s.Batch)
	if s.Fixed {
		text += "/fixed"
	}
	if s.Steady {
		text += "/steady"
	}
	if s.Drafts > 0 {
		text += fmt.Sprintf("/draft%d", s.Drafts)
	}
	if s.Quantized {
		text += "/q8_0"
	}
	return text
}

// Decoder is an open model context. It is used by one goroutine, always on the
// same thread. Sequences are 0 to Seqs-1.
type Decoder interface {
	Shape() Shape
	// Decode computes the rows, which are ordered by sequence and, without
	// Unified, belong to neighbouring sequences; Seqs + Shape.Drafts of them have
	// Output at most. hidden asks for hidden states; then all rows have Output.
	// draws is what Sample will be asked for, in the order of the rows; what they
	// draw need not be computed for other rows.
	Decode(rows []Row, draws []Draw, hidden bool) error
	// Cost is how long a batch of so many rows of samples takes, in any unit. It
	// is the same on every call: what is drafted by it must be reproducible.
	Cost(rows int) float64
	// Sample answers all draws.
	Sample(draws []Draw) error
	// Hold keeps the logits of a row of the last Decode.
	Hold(row int) (*Held, error)
	// Hidden is the hidden state of a row of the last Decode, [n_embd], a copy.
	Hidden(row int) ([]float32, error)
	// Copy makes dst hold the first n positions of src.
	Copy(src, dst, n int)
	// Trim forgets positions n and later.
	Trim(seq, n int)
	Close()
}

// Need is what a context is wanted for.
type Need struct {
	Positions int // of the longest sample with its prompt
	Samples   int // waiting, of all requests
	// The first request's prompt, tokens a sample, and samples.
	Prompt, Gen, Each int
}

// Model opens Decoders and knows its vocabulary.
type Model interface {
	// Plan chooses the shape. It never promises more than memory has.
	Plan(Need) (Shape, error)
	Open(Shape) (Decoder, error)
	// MaxPositions is the longest sequence the model can take.
	MaxPositions() int
	// MaxSamples is how many samples Plan lets run at once at most.
	MaxSamples() int
	// Tokenize gives the ids of a text. bos adds the beginning-of-text token where
	// the model wants one.
	Tokenize(text string, bos bool) ([]int32, error)
	// Piece is the text of a token.
	Piece(token int32) string
	// EndOfTurn tells whether the token ends a completion.
	EndOfTurn(token int32) bool
}
