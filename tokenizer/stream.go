package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// Stream decodes ids as they come. What it returns is always whole characters:
// a token that ends inside a character is held back until the next ones
// complete it. Bytes that can never become a character come out as U+FFFD.
type Stream struct {
	t       *Tokenizer
	pending []byte // the beginning of a character, at most utf8.UTFMax-1 bytes
	started bool
}

// NewStream returns a decoder at the beginning of a text. It is for use by one
// goroutine.
func (t *Tokenizer) NewStream() *Stream { return &Stream{t: t} }

// Continue returns a decoder for text that goes on after other text: the space
// that a SentencePiece vocabulary puts at the beginning is kept.
func (t *Tokenizer) Continue() *Stream { return &Stream{t: t, started: true} }

// Next returns the text that id completes, possibly none.
func (s *Stream) Next(id int32) string {
	piece := s.t.piece(id, false)
	if !s.started && s.t.addSpacePrefix {
		piece = strings.TrimPrefix(piece, " ")
	}
	s.started = true
	s.pending = append(s.pending, piece...)
	return s.drain(false)
}

// Flush returns what is left at the end of the text: U+FFFD for each byte of a
// character that never came to its end.
func (s *Stream) Flush() string { return s.drain(true) }

func (s *Stream) drain(all bool) string {
	var out strings.Builder
	rest := s.pending
	for len(rest) > 0 && (all || utf8.FullRune(rest)) {
		r, n := utf8.DecodeRune(rest)
		out.WriteRune(r)
		rest = rest[n:]
	}
	s.pending = append(s.pending[:0], rest...)
	return out.String()
}
