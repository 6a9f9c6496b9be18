package tokenizer

import (
	"fmt"

	"coderm/weights/gguf"
)

// FromGGUF builds the tokenizer that a GGUF file's metadata describes. Only the
// metadata is read.
func FromGGUF(path string) (*Tokenizer, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, err
	}
	v, err := vocabOfGGUF(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	t, err := New(v)
	if err != nil {
		return nil, fmt.Errorf("%s: tokenizer: %w", path, err)
	}
	return t, nil
}

// vocabOfGGUF collects the keys tokenizer.ggml.*.
func vocabOfGGUF(f *gguf.File) (*Vocab, error) {
	const prefix = "tokenizer.ggml."
	v := &Vocab{Kind: f.Text(prefix + "model"), Pre: f.Text(prefix + "pre")}
	if v.Kind == "" {
		return nil, fmt.Errorf("the file has no tokenizer (%smodel is missing)", prefix)
	}
	var ok bool
	if tokens, found := f.Value(prefix + "tokens"); found {
		v.Tokens, ok = tokens.Strings()
	}
	if !ok {
		return nil, fmt.Errorf("%stokens is missing or not an array of strings", prefix)
	}
	if merges, found := f.Value(prefix + "merges"); found {
		if v.Merges, ok = merges.Strings(); !ok {
			return nil, fmt.Errorf("%smerges is not an array of strings", prefix)
		}
	}
	if types, found := f.Value(prefix + "token_type"); found {
		ints, ok := types.Ints()
		if !ok {
			return nil, fmt.Errorf("%stoken_type is not an array of numbers", prefix)
		}
		v.Types = make([]Type, len(ints))
		for i, n := range ints {
			v.Types[i] = Type(n)
		}
	}
	if scores, found := f.Value(prefix + "scores"); found {
		floats, ok := scores.Floats()
		if !ok {
			return nil, fmt.Errorf("%sscores is not an array of numbers", prefix)
		}
		v.Scores = make([]float32, len(floats))
		for i, x := range floats {
			v.Scores[i] = float32(x)
		}
	}
	v.BOS = idKey(f, prefix+"bos_token_id", defaultBOS(v.Kind))
	v.AddBOS = boolKey(f, prefix+"add_bos_token")
	v.AddSpacePrefix = boolKey(f, prefix+"add_space_prefix")
	return v, nil
}

// defaultBOS is llama.cpp's beginning of sequence for files that name none.
func defaultBOS(kind string) int32 {
	if kind == "llama" {
		return 1
	}
	return 11
}

func idKey(f *gguf.File, key string, def int32) int32 {
	n, ok := f.Int(key)
	if !ok || n < 0 || n > maxTokens {
		return def
	}
	return int32(n)
}

func boolKey(f *gguf.File, key string) *bool {
	v, ok := f.Value(key)
	if !ok {
		return nil
	}
	b, ok := v.Bool()
	if !ok {
		return nil
	}
	return &b
}
