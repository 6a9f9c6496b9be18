package tokenizer

import (
	"errors"
	"fmt"
	"strings"
)

// Type is a token's type, with GGUF's numbers (tokenizer.ggml.token_type).
type Type int32

// The token types.
const (
	Normal      Type = 1
	Unknown     Type = 2
	Control     Type = 3 // never text: <|im_start|>
	UserDefined Type = 4 // text that is always one token
	Unused      Type = 5
	Byte        Type = 6 // <0x0A>
)

// Vocab is what a tokenizer is built from, in GGUF's terms.
type Vocab struct {
	Kind   string    // "gpt2": byte-level BPE; "llama": SentencePiece BPE
	Pre    string    // pre-tokenizer of the gpt2 kind: "llama-bpe", "smollm", "qwen2" ...
	Tokens []string  // id -> text
	Types  []Type    // id -> type; nil means all Normal
	Scores []float32 // llama kind: id -> merge priority, higher first
	Merges []string  // gpt2 kind: "left right", by priority

	BOS            int32 // None when absent
	AddBOS         *bool // nil: the kind's own habit
	AddSpacePrefix *bool
	IgnoreMerges   *bool // a pre-token that is a token is taken whole
}

// maxTokens is far above any real vocabulary (Gemma has 256k).
const maxTokens = 1 << 22

// New builds a tokenizer.
func New(v *Vocab) (*Tokenizer, error) {
	if len(v.Tokens) == 0 {
		return nil, errors.New("the vocabulary is empty")
	}
	if len(v.Tokens) > maxTokens {
		return nil, fmt.Errorf("%d tokens, at most %d are supported", len(v.Tokens), maxTokens)
	}
	if v.Types != nil && len(v.Types) != len(v.Tokens) {
		return nil, fmt.Errorf("%d token types for %d tokens", len(v.Types), len(v.Tokens))
	}
	t := &Tokenizer{
		kind: v.Kind, pre: v.Pre,
		tokens: make([]string, len(v.Tokens)),
		types:  make([]Type, len(v.Tokens)),
		ids:    make(map[string]int32, len(v.Tokens)),
		bos:    t32(v.BOS, len(v.Tokens)),
	}
	for i, text := range v.Tokens {
		if text == "" {
			text = fmt.Sprintf("[EMPTY_%d]", i) // as llama.cpp names them
		}
		if other, dup := t.ids[text]; dup {
			return nil, fmt.Errorf("tokens %d and %d are both %q", other, i, text)
		}
		t.tokens[i], t.ids[text], t.types[i] = text, int32(i), Normal
		if v.Types != nil {
			t.types[i] = v.Types[i]
		}
		if typ, ok := typeOverrides[text]; ok {
			t.types[i] = typ
		}
	}
	var err error
	switch v.Kind {
	case "gpt2":
		err = t.initBPE(v)
	case "llama":
		err = t.initSPM(v)
	default:
		err = fmt.Errorf("tokenizer kind %q is not supported (gpt2 and llama are)", v.Kind)
	}
	if err != nil {
		return nil, err
	}
	t.special = newSpecials(t.tokens, t.types)
	return t, nil
}

// t32 returns id if a vocabulary of n tokens has it, else None.
func t32(id int32, n int) int32 {
	if id < 0 || int(id) >= n {
		return None
	}
	return id
}

// or returns *b, or def when b is nil.
func or(b *bool, def bool) bool {
	if b == nil {
		return def
	}
	return *b
}

// typeOverrides are the tokens whose type llama.cpp does not believe the file
// about (llama_vocab::impl::load): end-of-turn and fill-in-the-middle marks are
// control tokens whatever the file says, gpt-oss's channel marks are text.
var typeOverrides = func() map[string]Type {
	m := make(map[string]Type)
	for _, s := range strings.Fields(`
		<|eot_id|> <|im_end|> <|end|> <|return|> <|call|> <|flush|> <|calls|> <end_of_turn> <|endoftext|> </s> <|eom_id|>
		<EOT> _<EOT> [EOT] [EOS] <|end_of_text|> <end_of_utterance> <eos> <turn|> <|tool_response> <｜end▁of▁sentence｜> [e~[
		<|fim_prefix|> <fim-prefix> <fim_prefix> <｜fim▁begin｜> <PRE> ▁<PRE> <|code_prefix|> <|prefix|>
		<|fim_suffix|> <fim-suffix> <fim_suffix> <｜fim▁hole｜> <SUF> ▁<SUF> <|code_suffix|> <|suffix|>
		<|fim_middle|> <fim-middle> <fim_middle> <｜fim▁end｜> <MID> ▁<MID> <|code_middle|> <|middle|>
		<|fim_pad|> <fim-pad> <fim_pad> <PAD> [PAD] <|fim_repo|> <|repo_name|> <fim-repo> <REPO> <reponame> <|file_sep|>`) {
		m[s] = Control
	}
	for _, s := range strings.Fields(`<|channel|> <|message|> <|start|> <|constrain|>`) {
		m[s] = UserDefined
	}
	return m
}()
