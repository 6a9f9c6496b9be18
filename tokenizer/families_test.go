package tokenizer

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"coderm/internal/testkit"
	"coderm/tokenizer/internal/oracle"
	"coderm/weights/gguf"
	"coderm/weights/store"
)

// family is a vocabulary to test with, and llama.cpp's view of the same file.
type family struct {
	name string
	tok  *Tokenizer
	ref  *oracle.Vocab
}

// The vocabularies that scripts/fetch-tokenizers.sh puts into the cache.
var fetched = []string{"llama3_1", "qwen2_5", "llama2"}

// fetchedJSON is the path of a fetched tokenizer.json.
func fetchedJSON(t testing.TB, name string) string {
	t.Helper()
	return testkit.Fetched(t, "tokenizers/"+name+".json", "scripts/fetch-tokenizers.sh")
}

// eachFamily runs fn once for every vocabulary at hand.
func eachFamily(t *testing.T, fn func(t *testing.T, f family)) {
	t.Run("smollm2", func(t *testing.T) {
		path, err := store.Resolve(store.DefaultName)
		testkit.Need(t, err, "the default model")
		fn(t, openFamily(t, "smollm2", path))
	})
	for _, name := range fetched {
		t.Run(name, func(t *testing.T) {
			v := vocabOfJSON(t, fetchedJSON(t, name))
			fn(t, openFamily(t, name, writeGGUF(t, v)))
		})
	}
}

func openFamily(t *testing.T, name, path string) family {
	t.Helper()
	tok, err := FromGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := oracle.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(ref.Close)
	return family{name, tok, ref}
}

func vocabOfJSON(t testing.TB, path string) *Vocab {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	v, err := parseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// writeGGUF writes a GGUF file with the vocabulary and no tensors.
func writeGGUF(t testing.TB, v *Vocab) string {
	t.Helper()
	tokens, types := append([]string(nil), v.Tokens...), make([]int32, len(v.Types))
	for i, typ := range v.Types {
		types[i] = int32(typ)
		if tokens[i] == "" {
			tokens[i] = fmt.Sprintf("[PAD%d]", i)
		}
	}
	meta := []gguf.KV{
		{Key: "general.architecture", Value: gguf.String("llama")},
		{Key: "tokenizer.ggml.model", Value: gguf.String(v.Kind)},
		{Key: "tokenizer.ggml.tokens", Value: gguf.Strings(tokens)},
		{Key: "tokenizer.ggml.token_type", Value: gguf.Int32s(types)},
	}
	if v.Pre != "" {
		meta = append(meta, gguf.KV{Key: "tokenizer.ggml.pre", Value: gguf.String(v.Pre)})
	}
	if v.Scores != nil {
		meta = append(meta, gguf.KV{Key: "tokenizer.ggml.scores", Value: gguf.Float32s(v.Scores)})
	}
	if v.Kind == "gpt2" {
		meta = append(meta, gguf.KV{Key: "tokenizer.ggml.merges", Value: gguf.Strings(v.Merges)})
	}
	path := filepath.Join(t.TempDir(), "vocab.gguf")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := gguf.Write(w, meta, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}
