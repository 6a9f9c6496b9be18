// Package tokenizer turns text into token ids and back without loading a
// model: from a GGUF file's metadata or a Hugging Face tokenizer.json. Its ids
// equal llama.cpp's token for token; docs/rationale.md says what of
// github.com/sugarme/tokenizer it stands on and what it replaces.
package tokenizer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Tokenizer encodes and decodes one vocabulary. It is immutable and safe for
// use by several goroutines.
type Tokenizer struct {
	kind    string
	pre     string
	tokens  []string         // id -> text as the vocabulary spells it
	types   []Type           // id -> type
	pieces  []string         // id -> the bytes it decodes to
	ids     map[string]int32 // text -> id
	special specials
	model   encoder

	bos            int32 // None when absent
	addBOS         bool
	addSpacePrefix bool // "llama" kind: a space goes before text that follows nothing or a special token
}

// None is the id of a token the vocabulary does not have.
const None = int32(-1)

// encoder turns text without special tokens into ids, appended to dst.
type encoder interface {
	encode(dst []int32, text string) ([]int32, error)
}

// Encode returns the ids of text. With special, the text of control tokens
// (such as "<|im_start|>") becomes their id; without it, that text is encoded
// like any other, which is what untrusted text needs. Nothing is added: see
// AddBOS.
//
// Bytes of text that are not UTF-8 count as U+FFFD each.
func (t *Tokenizer) Encode(text string, special bool) ([]int32, error) {
	if text == "" {
		return nil, nil
	}
	text = validUTF8(text)
	ids := make([]int32, 0, len(text)/3+8)
	var err error
	afterSpecial := true // the beginning counts as one
	t.special.split(text, special, func(piece string, id int32) {
		switch {
		case err != nil:
		case id != None:
			ids = append(ids, id)
			afterSpecial = true
		default:
			if t.addSpacePrefix && afterSpecial {
				piece = " " + piece
			}
			ids, err = t.model.encode(ids, piece)
			afterSpecial = false
		}
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// AddBOS puts the beginning-of-sequence token before ids if the model wants
// one and ids does not begin with it already (a chat template may spell it
// out; two of them would degrade the output).
func (t *Tokenizer) AddBOS(ids []int32) []int32 {
	if !t.addBOS || t.bos == None || len(ids) > 0 && ids[0] == t.bos {
		return ids
	}
	return append([]int32{t.bos}, ids...)
}

// Decode returns the text of ids without control tokens. It is the exact
// inverse of Encode for valid UTF-8; the text of ids cut inside a character is
// not valid UTF-8 (NewStream deals with that). Ids outside the vocabulary
// become U+FFFD.
func (t *Tokenizer) Decode(ids []int32) string { return t.decode(ids, false) }

// DecodeSpecial is Decode with the text of control tokens left in.
func (t *Tokenizer) DecodeSpecial(ids []int32) string { return t.decode(ids, true) }

func (t *Tokenizer) decode(ids []int32, special bool) string {
	var b strings.Builder
	for i, id := range ids {
		piece := t.piece(id, special)
		if i == 0 && t.addSpacePrefix {
			piece = strings.TrimPrefix(piece, " ")
		}
		b.WriteString(piece)
	}
	return b.String()
}

// piece is the text that id adds to the output.
func (t *Tokenizer) piece(id int32, special bool) string {
	switch {
	case id < 0 || int(id) >= len(t.pieces):
		return string(utf8.RuneError)
	case !special && (t.types[id] == Control || t.types[id] == Unknown):
		return ""
	}
	return t.pieces[id]
}

// VocabSize is the number of ids: they run from 0 to VocabSize()-1.
func (t *Tokenizer) VocabSize() int { return len(t.tokens) }

// Token returns how the vocabulary spells id ("Ġthe", "<|im_end|>").
func (t *Tokenizer) Token(id int32) (string, bool) {
	if id < 0 || int(id) >= len(t.tokens) {
		return "", false
	}
	return t.tokens[id], true
}

// ID returns the id of the token that the vocabulary spells so.
func (t *Tokenizer) ID(token string) (int32, bool) {
	id, ok := t.ids[token]
	return id, ok
}

// Describe says in a few words what kind of tokenizer this is.
func (t *Tokenizer) Describe() string {
	if t.pre == "" {
		return fmt.Sprintf("%s, %d tokens", t.kind, len(t.tokens))
	}
	return fmt.Sprintf("%s (%s), %d tokens", t.kind, t.pre, len(t.tokens))
}

// validUTF8 replaces each byte that is not part of a character by U+FFFD.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
