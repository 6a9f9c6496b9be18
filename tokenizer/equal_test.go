package tokenizer

import (
	"slices"
	"strings"
	"testing"
)

// checkEqual compares our ids with llama.cpp's for every line, with and
// without special tokens, and shows the first few differences.
func checkEqual(t *testing.T, f family, lines []string) {
	t.Helper()
	bad := 0
	for _, line := range lines {
		modes := []bool{true}
		if strings.Contains(line, "<") { // all special tokens of these families have it
			modes = []bool{true, false}
		}
		for _, special := range modes {
			want, err := f.ref.Tokenize(line, special)
			if err != nil {
				t.Fatalf("%.80q: %v", line, err)
			}
			got, err := f.tok.Encode(line, special)
			if err != nil {
				t.Fatalf("%.80q: %v", line, err)
			}
			if !slices.Equal(got, want) {
				if bad++; bad <= 5 {
					t.Errorf("%.120q (special %v):\n got %v\nwant %v", line, special, head(got), head(want))
				}
			}
		}
	}
	if bad > 0 {
		t.Errorf("%d encodings of %d lines differ", bad, len(lines))
	}
}

func head(ids []int32) []int32 { return ids[:min(len(ids), 40)] }

func TestTrickyLinesEqualLlamaCpp(t *testing.T) {
	lines := trickyLines()
	eachFamily(t, func(t *testing.T, f family) { checkEqual(t, f, lines) })
}

func TestRealLinesEqualLlamaCpp(t *testing.T) {
	lines := realLines(t, 10_000)
	if len(lines) != 10_000 {
		t.Fatalf("only %d lines of real text", len(lines))
	}
	eachFamily(t, func(t *testing.T, f family) { checkEqual(t, f, lines) })
}

func TestPiecesEqualLlamaCpp(t *testing.T) {
	eachFamily(t, func(t *testing.T, f family) {
		if f.tok.VocabSize() != f.ref.Size() {
			t.Fatalf("%d tokens, llama.cpp has %d", f.tok.VocabSize(), f.ref.Size())
		}
		for id := range int32(f.tok.VocabSize()) {
			if got, want := f.tok.piece(id, true), f.ref.Piece(id); got != want {
				t.Errorf("token %d: %q, llama.cpp says %q", id, got, want)
			}
		}
	})
}

// One vocabulary under every pre-tokenizer we know, so that the families whose
// own vocabularies are not at hand are compared, too.
func TestEveryPretokenizerEqualsLlamaCpp(t *testing.T) {
	v := firstTokens(vocabOfJSON(t, fetchedJSON(t, "qwen2_5")), 10_000)
	lines := trickyLines()
	for _, k := range preKinds {
		for _, name := range k.names {
			t.Run(name, func(t *testing.T) {
				v.Pre = name
				checkEqual(t, openFamily(t, name, writeGGUF(t, v)), lines)
			})
		}
	}
}

// firstTokens is the vocabulary's first n tokens with the merges that make
// them: small enough to load many times.
func firstTokens(v *Vocab, n int) *Vocab {
	small := *v
	small.Tokens, small.Types, small.Merges = v.Tokens[:n:n], v.Types[:n:n], nil
	have := make(map[string]bool, n)
	for _, tok := range small.Tokens {
		have[tok] = true
	}
	for _, m := range v.Merges {
		left, right, _ := strings.Cut(m, " ")
		if have[left] && have[right] && have[left+right] {
			small.Merges = append(small.Merges, m)
		}
	}
	return &small
}
