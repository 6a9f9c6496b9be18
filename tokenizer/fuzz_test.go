package tokenizer

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"coderm/internal/testkit"
	"coderm/tokenizer/internal/oracle"
	"coderm/weights/store"
)

func FuzzRoundTrip(f *testing.F) { fuzzRoundTrip(f, tiny(f, nil), spmVocab(f)) }

func FuzzRoundTripFetched(f *testing.F) {
	var toks []*Tokenizer
	for _, name := range fetched {
		tok, err := FromJSON(fetchedJSON(f, name))
		if err != nil {
			f.Fatal(err)
		}
		toks = append(toks, tok)
	}
	fuzzRoundTrip(f, toks...)
}

// fuzzRoundTrip: decoding what was encoded gives back valid UTF-8 as it was.
func fuzzRoundTrip(f *testing.F, toks ...*Tokenizer) {
	for _, s := range trickyLines()[:80] {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, tok := range toks {
			want := validUTF8(s)
			if tok.addSpacePrefix {
				// SentencePiece's own mark for a space cannot be told from one.
				want = strings.ReplaceAll(want, spaceMark, " ")
			}
			ids, err := tok.Encode(s, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := tok.Decode(ids); got != want {
				t.Errorf("%s: %q came back as %q", tok.Describe(), want, got)
			}
		}
	})
}

// FuzzEqualLlamaCpp compares with llama.cpp on the default model's vocabulary.
func FuzzEqualLlamaCpp(f *testing.F) {
	path, err := store.Resolve(store.DefaultName)
	testkit.Need(f, err, "the default model")
	tok, err := FromGGUF(path)
	if err != nil {
		f.Fatal(err)
	}
	ref, err := oracle.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(ref.Close)
	for _, s := range trickyLines()[:80] {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // llama.cpp reads it in its own way
		}
		got, err := tok.Encode(s, true)
		if err != nil {
			t.Fatal(err)
		}
		want, err := ref.Tokenize(s, true)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, llama.cpp says %v", s, got, want)
		}
	})
}

// FuzzJSON: whatever a tokenizer.json says, it is refused or it works.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{smallJSON, sentencePieceJSON, `{}`, `{"model":{"type":"BPE","vocab":{"a":4194303}}}`} {
		f.Add([]byte(s), "abc def")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		v, err := parseJSON(data)
		if err != nil {
			return
		}
		tok, err := New(v)
		if err != nil {
			return
		}
		ids, err := tok.Encode(text, true)
		if err != nil {
			return
		}
		tok.DecodeSpecial(ids)
	})
}
