package convert

import (
	"math"
	"strings"
	"testing"

	"coderm/internal/testkit"
	"coderm/weights/gguf"
)

// realTokenizer reads a published tokenizer.json that
// scripts/fetch-tokenizers.sh has fetched.
func realTokenizer(t *testing.T, name string) *tokenizerJSON {
	t.Helper()
	var tok tokenizerJSON
	err := readJSON(testkit.Fetched(t, "tokenizers/"+name+".json", "scripts/fetch-tokenizers.sh"), &tok)
	if err == nil {
		err = tok.parse()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &tok
}

// find gives a value of metadata.
func find(meta []gguf.KV, key string) gguf.Value {
	for _, kv := range meta {
		if kv.Key == key {
			return kv.Value
		}
	}
	return gguf.Value{}
}

// TestRealTokenizers: the figures are those of the models' published GGUF files.
func TestRealTokenizers(t *testing.T) {
	tests := []struct {
		name         string
		vocab        int // config.json's vocab_size
		pre          string
		merges       int
		special      string
		id           int
		unused       int
		addBOS       bool
		normal, ctrl int
	}{
		{"llama3_1", 128256, "llama-bpe", 280147, "<|eot_id|>", 128009, 0, true, 128000, 256},
		{"qwen2_5", 152064, "qwen2", 151387, "<|im_end|>", 151645, 399, false, 151643, 20},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tok := realTokenizer(t, tt.name)
			meta, err := tok.metadata(tt.vocab)
			if err != nil {
				t.Fatal(err)
			}
			if pre, _ := find(meta, "tokenizer.ggml.pre").Text(); pre != tt.pre {
				t.Errorf("pre-tokenizer %q, want %q", pre, tt.pre)
			}
			if n := find(meta, "tokenizer.ggml.merges").Len(); n != tt.merges {
				t.Errorf("%d merges, want %d", n, tt.merges)
			}
			tokens, _ := find(meta, "tokenizer.ggml.tokens").Strings()
			if tokens[tt.id] != tt.special {
				t.Errorf("token %d is %q, want %q", tt.id, tokens[tt.id], tt.special)
			}
			types, _ := find(meta, "tokenizer.ggml.token_type").Ints()
			count := map[int64]int{}
			for _, typ := range types {
				count[typ]++
			}
			if count[tokenUnused] != tt.unused || count[tokenNormal] != tt.normal || count[tokenControl] != tt.ctrl {
				t.Errorf("token types %v", count)
			}
			if bos, eos := tok.added(tokenizerConfig{}); bos != tt.addBOS || eos {
				t.Errorf("adds BOS %v, EOS %v", bos, eos)
			}
		})
	}
}

// TestRealScores: Llama 2's sentencepiece model prefers its pieces in the order
// of their ids, except those of spaces only, which it prefers least.
func TestRealScores(t *testing.T) {
	tok := realTokenizer(t, "llama2")
	meta, err := tok.metadata(32000)
	if err != nil {
		t.Fatal(err)
	}
	tokens, _ := find(meta, "tokenizer.ggml.tokens").Strings()
	scores, _ := find(meta, "tokenizer.ggml.scores").Floats()
	types, _ := find(meta, "tokenizer.ggml.token_type").Ints()
	made := map[string]bool{}
	for _, m := range tok.merges {
		made[m.left+m.right] = true
	}
	var lastWord, firstSpaces float64 = 1, math.Inf(-1)
	for id, text := range tokens {
		switch {
		case !made[text]:
		case strings.Trim(text, "▁") == "":
			firstSpaces = max(firstSpaces, scores[id])
		case scores[id] >= lastWord:
			t.Fatalf("%q, token %d, has score %v after %v", text, id, scores[id], lastWord)
		default:
			lastWord = scores[id]
		}
	}
	if firstSpaces >= lastWord || scores[261] != 0 {
		t.Errorf("the first piece %q has score %v; words go down to %v, spaces up to %v", tokens[261], scores[261], lastWord, firstSpaces)
	}
	if types[3] != tokenByte || types[258] != tokenByte || types[259] != tokenNormal || types[1] != tokenControl {
		t.Errorf("types of <0x00>, <0xFF>, the first piece and <s>: %v", []int64{types[3], types[258], types[259], types[1]})
	}
	if len(made) != 28446 {
		t.Errorf("%d pieces are made by merges", len(made))
	}
}
