package tokenizer

import (
	"slices"
	"testing"

	"github.com/sugarme/tokenizer/model"
	"github.com/sugarme/tokenizer/model/bpe"
	"github.com/sugarme/tokenizer/pretokenizer"
)

// libraryBPE is the library's own BPE over the same symbols and merges.
func libraryBPE(m *byteBPE) *bpe.BPE {
	vocab := make(model.Vocab, len(m.symbols))
	for raw, id := range m.symbols {
		vocab[toAlphabet(raw)] = int(id)
	}
	return bpe.NewBPE(vocab, m.merges)
}

func toAlphabet(raw string) string {
	s := ""
	for _, b := range []byte(raw) {
		s += pretokenizer.BytesChar[b]
	}
	return s
}

func libraryIDs(t testing.TB, lib *bpe.BPE, word string) []int32 {
	t.Helper()
	tokens, err := lib.Tokenize(toAlphabet(word))
	if err != nil {
		t.Fatal(err)
	}
	var ids []int32
	for _, tok := range tokens {
		ids = append(ids, int32(tok.Id))
	}
	return ids
}

// repeatsPair tells whether a pair of neighbouring bytes occurs twice in word.
// Only then can two possible merges have the same rank.
func repeatsPair(word string) bool {
	seen := make(map[string]bool)
	for i := 0; i+1 < len(word); i++ {
		if seen[word[i:i+2]] {
			return true
		}
		seen[word[i:i+2]] = true
	}
	return false
}

// The library's merge loop is a second opinion on ours wherever the order of
// equal merges cannot matter. Where it can, the library takes any of them
// instead of the leftmost: see docs/rationale.md.
func TestMergesEqualLibraryWithoutTies(t *testing.T) {
	lines := append(realLines(t, 2000), randomLines(200)...)
	eachFamily(t, func(t *testing.T, f family) {
		m, ok := f.tok.model.(*byteBPE)
		if !ok {
			return // SentencePiece, which merges by other rules
		}
		lib := libraryBPE(m)
		compared := 0
		for _, line := range lines {
			m.pre.passes.split(validUTF8(line), func(word string) {
				if repeatsPair(word) || len(word) > 100 {
					return
				}
				compared++
				ours := m.merge(nil, word, new(bpeScratch))
				if theirs := m.tokens(libraryIDs(t, lib, word)); !slices.Equal(ours, theirs) {
					t.Errorf("%q: ours %v, the library's %v", word, ours, theirs)
				}
			})
		}
		if compared < 10_000 {
			t.Errorf("only %d words compared", compared)
		}
	})
}

// tokens replaces symbols that are no tokens by what stands for them.
func (m *byteBPE) tokens(symbols []int32) (ids []int32) {
	for _, s := range symbols {
		if int(s) < m.numTokens {
			ids = append(ids, s)
		} else {
			ids = append(ids, m.text[int(s)-m.numTokens]...)
		}
	}
	return ids
}
