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
