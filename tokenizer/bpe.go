package tokenizer

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/sugarme/tokenizer/model/bpe"
	"github.com/sugarme/tokenizer/pretokenizer"
)

// byteBPE is byte-level BPE (GPT-2, Llama 3, Qwen 2, SmolLM). Vocabulary and
// merges are kept over symbols: a symbol is a byte string that is a token, a
// single byte or the result of a merge; symbols below numTokens are tokens and
// have the token's id.
type byteBPE struct {
	pre       *preKind
	numTokens int
	symbols   map[string]int32 // bytes -> symbol
	merges    bpe.Merges       // pair of symbols -> priority and merged symbol
	bytes     [256]int32       // byte -> symbol
	text      [][]int32        // symbol - numTokens -> the ids that stand for it
	whole     bool             // a pre-token that is a token is taken whole
	scratch   sync.Pool        // *bpeScratch
}

func (t *Tokenizer) initBPE(v *Vocab) error {
	pre, err := findPreKind(v.Pre)
	if err != nil {
		return err
	}
	if len(v.Merges) == 0 {
		return errors.New("a gpt2 vocabulary without merges")
	}
	m := &byteBPE{
		pre: pre, numTokens: len(t.tokens), whole: or(v.IgnoreMerges, pre.ignoreMerges),
		symbols: make(map[string]int32, len(t.tokens)),
		merges:  make(bpe.Merges, len(v.Merges)),
	}
	t.model, t.addBOS, t.addSpacePrefix = m, or(v.AddBOS, pre.addBOS), or(v.AddSpacePrefix, false)
	t.pieces = make([]string, len(t.tokens))
	for i, text := range t.tokens {
		raw, ok := fromAlphabet(text)
		if ok {
			m.symbols[raw] = int32(i)
		}
		t.pieces[i] = bpePiece(text, raw, ok, t.types[i])
	}
	for b := range m.bytes {
		m.bytes[b] = m.symbol(string([]byte{byte(b)}))
	}
	for rank, line := range v.Merges {
		if err := m.addMerge(rank, line); err != nil {
			return err
		}
	}
	for s := range m.symbols {
		m.fallback(s)
	}
	return nil
}

// alphabet is GPT-2's way to write each byte as a printable character,
// inverted: character -> byte, or -1. The table is the library's.
var alphabet = func() (t [512]int16) {
	for i := range t {
		t[i] = -1
	}
	for b, char := range pretokenizer.BytesChar {
		r, _ := utf8.DecodeRuneInString(char)
		t[r] = int16(b)
	}
	return t
}()

// fromAlphabet turns a token's text into its bytes.
func fromAlphabet(text string) (raw string, ok bool) {
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if int(r) >= len(alphabet) || alphabet[r] < 0 {
			return "", false
		}
		b = append(b, byte(alphabet[r]))
	}
	return string(b), true
}

// bpePiece is what a token decodes to: special and user-defined ones to their
// text, the others to their bytes, unused ones to nothing.
func bpePiece(text, raw string, ok bool, typ Type) string {
	switch {
	case typ == Control || typ == Unknown || typ == UserDefined:
		return text
	case typ != Normal:
		return ""
	case ok:
		return raw
	}
	return text
}

// symbol returns the symbol for the bytes s, making one if there is none.
func (m *byteBPE) symbol(s string) int32 {
	id, ok := m.symbols[s]
	if !ok {
		id = int32(m.numTokens + len(m.text))
		m.symbols[s] = id
		m.text = append(m.text, nil)
	}
	return id
}

// addMerge adds "left right"; of two equal pairs the first counts.
func (m *byteBPE) addMerge(rank int, line string) error {
	// The separator is the first space after the first byte, as in llama.cpp.
	cut := -1
	if len(line) > 1 {
		cut = strings.IndexByte(line[1:], ' ') + 1
	}
	if cut < 1 {
		return fmt.Errorf("merge %d (%q) is not a pair", rank+1, line)
	}
	left, ok1 := fromAlphabet(line[:cut])
	right, ok2 := fromAlphabet(line[cut+1:])
	if !ok1 || !ok2 || left == "" || right == "" {
		return nil // no text can reach it
	}
	pair := bpe.Pair{C1: int(m.symbol(left)), C2: int(m.symbol(right))}
	if _, dup := m.merges[pair]; !dup {
		m.merges[pair] = bpe.PairVal{Rank: rank, NewId: int(m.symbol(left + right))}
	}
	return nil
}

// fallback sets the ids for a symbol that is no token: as in llama.cpp, those
// of its printable ASCII characters, and nothing for other bytes.
func (m *byteBPE) fallback(s string) {
	i := int(m.symbols[s]) - m.numTokens
	if i < 0 {
		return
	}
	for _, c := range []byte(s) {
		if id := m.bytes[c]; c > ' ' && c < 0x7f && int(id) < m.numTokens {
			m.text[i] = append(m.text[i], id)
		}
	}
}

// encode appends the ids of text to dst.
func (m *byteBPE) encode(dst []int32, text string) ([]int32, error) {
	sc, _ := m.scratch.Get().(*bpeScratch)
	if sc == nil {
		sc = new(bpeScratch)
	}
	m.pre.passes.split(text, func(word string) {
		dst = m.word(dst, word, sc)
	})
	m.scratch.Put(sc)
	return dst, nil
}

// word appends the ids of one pre-token.
func (m *byteBPE) word(dst []int32, word string, sc *bpeScratch) []int32 {
	if len(word) > maxCacheOf {
		return m.uncached(dst, word, sc)
	}
	c := sc.words.place(word)
	if c.word != word {
		c.word, c.ids = strings.Clone(word), m.uncached(c.ids[:0], word, sc)
	}
	return append(dst, c.ids...)
}

func (m *byteBPE) uncached(dst []int32, word string, sc *bpeScratch) []int32 {
	if m.whole {
		if id, ok := m.symbols[word]; ok && int(id) < m.numTokens {
			return append(dst, id)
		}
	}
	return m.merge(dst, word, sc)
}
