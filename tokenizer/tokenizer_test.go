package tokenizer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// tiny is a byte-level vocabulary: all bytes, a few merges, special tokens.
func tiny(t testing.TB, change func(v *Vocab)) *Tokenizer {
	t.Helper()
	v := &Vocab{Kind: "gpt2", Pre: "gpt-2", BOS: None}
	for b := range 256 {
		v.Tokens = append(v.Tokens, toAlphabet(string([]byte{byte(b)})))
	}
	v.Merges = []string{"a a", "b c", "aa aa", "Ġ a", "d e"}
	v.Tokens = append(v.Tokens, "aa", "bc", "aaaa", "Ġa", "<|im_start|>", "<|im_end|>", "<user>")
	v.Types = make([]Type, len(v.Tokens))
	for i := range v.Types {
		v.Types[i] = Normal
	}
	v.Types[260], v.Types[261], v.Types[262] = Control, Control, UserDefined
	if change != nil {
		change(v)
	}
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// names are the ids' spellings: easier to read than numbers.
func names(t *Tokenizer, ids []int32) (out []string) {
	for _, id := range ids {
		s, _ := t.Token(id)
		out = append(out, s)
	}
	return out
}

func TestEncode(t *testing.T) {
	tests := []struct {
		text    string
		special bool
		want    []string
	}{
		{"", false, nil},
		{"aaa", false, []string{"aa", "a"}}, // equal merges: the leftmost first
		{"aaaaa", false, []string{"aaaa", "a"}},
		{"abc", false, []string{"a", "bc"}},
		{"x aaa", false, []string{"x", "Ġ", "aa", "a"}}, // "a a" ranks before "Ġ a"
		{"x a", false, []string{"x", "Ġa"}},
		{"de", false, []string{"d", "e"}}, // the merge "d e" makes no token
		{"<|im_end|>", true, []string{"<|im_end|>"}},
		{"a<|im_end|>b", true, []string{"a", "<|im_end|>", "b"}},
		{"<|im_end", true, strings.Split("<|im_end", "")},
		{"a<user>", false, []string{"a", "<user>"}}, // user-defined tokens are always cut out
		{"é", false, []string{"Ã", "©"}},
		{"\xff", false, []string{"ï", "¿", "½"}}, // not UTF-8: U+FFFD
	}
	tok := tiny(t, nil)
	for _, tt := range tests {
		ids, err := tok.Encode(tt.text, tt.special)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(tok, ids); !slices.Equal(got, tt.want) {
			t.Errorf("Encode(%q, %v) = %q, want %q", tt.text, tt.special, got, tt.want)
		}
	}
}

func TestWordsTakenWhole(t *testing.T) {
	yes := true
	tok := tiny(t, func(v *Vocab) {
		v.Tokens = append(v.Tokens, "abcde") // no merges lead there
		v.Types = append(v.Types, Normal)
		v.IgnoreMerges = &yes
	})
	ids, err := tok.Encode("abcde abcde", false)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := names(tok, ids), []string{"abcde", "Ġa", "bc", "d", "e"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDecode(t *testing.T) {
	tok := tiny(t, nil)
	ids, err := tok.Encode("<|im_start|>aaa<user><|im_end|>", true)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tok.Decode(ids), "aaa<user>"; got != want {
		t.Errorf("Decode = %q, want %q", got, want)
	}
	if got, want := tok.DecodeSpecial(ids), "<|im_start|>aaa<user><|im_end|>"; got != want {
		t.Errorf("DecodeSpecial = %q, want %q", got, want)
	}
	if got, want := tok.Decode([]int32{-1, 1 << 20}), "\uFFFD\uFFFD"; got != want {
		t.Errorf("ids outside the vocabulary: %q, want %q", got, want)
	}
}

func TestAddBOS(t *testing.T) {
	yes := true
	tok := tiny(t, func(v *Vocab) { v.BOS, v.AddBOS = 260, &yes })
	for _, tt := range []struct{ ids, want []int32 }{
		{nil, []int32{260}}, {[]int32{1}, []int32{260, 1}}, {[]int32{260, 1}, []int32{260, 1}},
	} {
		if got := tok.AddBOS(tt.ids); !slices.Equal(got, tt.want) {
			t.Errorf("AddBOS(%v) = %v, want %v", tt.ids, got, tt.want)
		}
	}
	if got := tiny(t, nil).AddBOS([]int32{1}); !slices.Equal(got, []int32{1}) {
		t.Errorf("a model that wants no BOS got %v", got)
	}
}

func TestStreamEmitsWholeCharacters(t *testing.T) {
	tok := tiny(t, nil)
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOf(rapid.Int32Range(-1, int32(tok.VocabSize()))).Draw(t, "ids")
		s := tok.NewStream()
		var got strings.Builder
		for _, id := range ids {
			part := s.Next(id)
			if !utf8.ValidString(part) {
				t.Fatalf("half a character: %q", part)
			}
			got.WriteString(part)
			if len(s.pending) >= utf8.UTFMax {
				t.Fatalf("%d bytes held back", len(s.pending))
			}
		}
		got.WriteString(s.Flush())
		if want := validUTF8(tok.Decode(ids)); got.String() != want {
			t.Errorf("streamed %q, decoded %q", got.String(), want)
		}
	})
}

func TestStreamHoldsBackOnlyWhatItMust(t *testing.T) {
	tok := tiny(t, nil)
	s := tok.NewStream()
	var got []string
	for _, b := range []byte("a😀b") {
		id, _ := tok.ID(toAlphabet(string([]byte{b})))
		got = append(got, s.Next(id))
	}
	if want := []string{"a", "", "", "", "😀", "b"}; !slices.Equal(got, want) {
		t.Errorf("streamed %q, want %q", got, want)
	}
}

// spmVocab is a SentencePiece vocabulary: bytes, some pieces, scores.
func spmVocab(t testing.TB) *Tokenizer {
	t.Helper()
	v := &Vocab{Kind: "llama", BOS: 1, Tokens: []string{"<unk>", "<s>", "</s>"}, Types: []Type{Unknown, Control, Control}}
	for b := range 256 {
		v.Tokens = append(v.Tokens, "<0x"+strings.ToUpper(string("0123456789abcdef"[b>>4])+string("0123456789abcdef"[b&15]))+">")
		v.Types = append(v.Types, Byte)
	}
	v.Scores = make([]float32, len(v.Tokens))
	for i, s := range []string{"▁", "h", "i", "▁h", "hi", "▁hi", "a", "aa"} {
		v.Tokens, v.Types, v.Scores = append(v.Tokens, s), append(v.Types, Normal), append(v.Scores, -float32(i))
	}
	tok, err := New(v)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestSentencePiece(t *testing.T) {
	tok := spmVocab(t)
	tests := []struct {
		text string
		want []string
	}{
		{"hi", []string{"▁hi"}},
		{" hi", []string{"▁", "▁hi"}},
		{"hi</s>hi", []string{"▁hi", "</s>", "▁hi"}}, // a space after a special token, too
		{"aaa", []string{"▁", "aa", "a"}},
		{"é", []string{"▁", "<0xC3>", "<0xA9>"}},
	}
	for _, tt := range tests {
		ids, err := tok.Encode(tt.text, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(tok, ids); !slices.Equal(got, tt.want) {
			t.Errorf("Encode(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
	s := tok.NewStream()
	hi, _ := tok.ID("▁hi")
	if got := s.Next(hi) + s.Next(hi); got != "hi hi" {
		t.Errorf("streamed %q, want %q", got, "hi hi")
	}
	if got := tok.Continue().Next(hi); got != " hi" {
		t.Errorf("continued with %q, want %q", got, " hi")
	}
}

func TestNewRefuses(t *testing.T) {
	ok := func() *Vocab {
		return &Vocab{Kind: "gpt2", Pre: "gpt-2", Tokens: []string{"a", "b", "ab"}, Merges: []string{"a b"}}
	}
	tests := []struct {
		name, err string
		change    func(v *Vocab)
	}{
		{"good", "", func(*Vocab) {}},
		{"empty", "the vocabulary is empty", func(v *Vocab) { v.Tokens = nil }},
		{"kind", `kind "bert" is not supported`, func(v *Vocab) { v.Kind = "bert" }},
		{"pre", `pre-tokenizer "new" is not supported`, func(v *Vocab) { v.Pre = "new" }},
		{"twice", `tokens 0 and 1 are both "a"`, func(v *Vocab) { v.Tokens[1] = "a" }},
		{"types", "1 token types for 3 tokens", func(v *Vocab) { v.Types = []Type{Normal} }},
		{"no merges", "without merges", func(v *Vocab) { v.Merges = nil }},
		{"bad merge", `merge 1 ("ab") is not a pair`, func(v *Vocab) { v.Merges = []string{"ab"} }},
		{"scores", "0 scores for 3 tokens", func(v *Vocab) { v.Kind = "llama" }},
		{"byte token", "not a byte token", func(v *Vocab) {
			v.Kind, v.Scores, v.Types = "llama", make([]float32, 3), []Type{Byte, Normal, Normal}
		}},
	}
	for _, tt := range tests {
		v := ok()
		tt.change(v)
		_, err := New(v)
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
		}
	}
}

func TestSPMWithoutByteTokens(t *testing.T) {
	tok, err := New(&Vocab{Kind: "llama", Tokens: []string{"▁", "a"}, Scores: make([]float32, 2), BOS: None})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tok.Encode("b", false); err == nil || !strings.Contains(err.Error(), "0x62") {
		t.Errorf("error %v, want one that names the byte", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	tok := tiny(t, nil)
	want, err := tok.Encode("aaa abc de", false)
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	for range 8 {
		g.Go(func() error {
			for range 200 {
				got, err := tok.Encode("aaa abc de", false)
				if err != nil {
					return err
				}
				if !slices.Equal(got, want) {
					return fmt.Errorf("got %v, want %v", got, want)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
