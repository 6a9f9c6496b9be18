package tokenizer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const smallJSON = `{
 "added_tokens": [{"id": 6, "content": "<|begin|>", "special": true}, {"id": 8, "content": "<tool>", "special": false}],
 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
  {"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "use_regex": true}]},
 "post_processor": {"type": "Sequence", "processors": [{"type": "ByteLevel"},
  {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|begin|>"}}, {"Sequence": {"id": "A"}}]}]},
 "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "1": 5},
  "merges": ["a b", ["ab", "c"]]}}`

const sentencePieceJSON = `{
 "added_tokens": [{"id": 0, "content": "<s>", "special": true}],
 "normalizer": {"type": "Sequence"},
 "model": {"type": "BPE", "byte_fallback": true,
  "vocab": {"<s>": 0, "<0x63>": 1, "▁": 2, "a": 3, "b": 4, "ab": 5, "▁ab": 6}, "merges": ["a b", "▁ ab"]}}`

func fromText(t *testing.T, text string) (*Tokenizer, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return FromJSON(path)
}

func TestFromJSON(t *testing.T) {
	tests := []struct {
		name, json, text string
		want             []string
	}{
		{"both forms of merges", smallJSON, "abc1ab<tool><|begin|>", []string{"abc", "1", "ab", "<tool>", "<|begin|>"}},
		{"sentencepiece", sentencePieceJSON, "abc", []string{"▁ab", "<0x63>"}},
	}
	for _, tt := range tests {
		tok, err := fromText(t, tt.json)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		ids, err := tok.Encode(tt.text, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(tok, ids); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	tok, err := fromText(t, smallJSON)
	if err != nil {
		t.Fatal(err)
	}
	if got := tok.AddBOS(nil); !slices.Equal(got, []int32{6}) {
		t.Errorf("the template's first token: %v, want [6]", got)
	}
}

func TestFromJSONRefuses(t *testing.T) {
	tests := []struct{ name, old, new, err string }{
		{"not JSON", smallJSON, "hello", "not a tokenizer.json"},
		{"another model", `"BPE"`, `"Unigram"`, `tokenizer model "Unigram" is not supported`},
		{"another split", `"Digits", "individual_digits": true`, `"Split", "pattern": {"Regex": "\\w+"}`, `expression "\\w+" is not supported`},
		{"another step", `"Digits"`, `"Whitespace"`, "pre-tokenizer Whitespace+ByteLevel is not supported"},
		{"no split", `"pre_tokenizer"`, `"x"`, "without a pre-tokenizer"},
		{"bad merge", `["ab", "c"]`, `["ab"]`, "a merge of 1 parts"},
		{"huge id", `"1": 5`, `"1": 2000000000`, "token id 2000000000 is out of range"},
		{"two for one id", `"1": 5`, `"1": 4`, "id 4 is both"},
	}
	for _, tt := range tests {
		if _, err := fromText(t, strings.Replace(smallJSON, tt.old, tt.new, 1)); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.err)
		}
	}
}
