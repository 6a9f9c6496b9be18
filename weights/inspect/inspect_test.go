package inspect

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coderm/weights"
	"coderm/weights/convert"
)

// model is a small Qwen2 in a GGUF file.
func model(t *testing.T) string {
	t.Helper()
	m, err := convert.Open("../testdata/convert/qwen2", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	path := filepath.Join(t.TempDir(), "m.gguf")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Write(t.Context(), f, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestText(t *testing.T) {
	r, err := File(model(t), Options{Load: weights.Load{Context: 512, Prompt: 100, Samples: 8}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := r.Text(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"qwen2.rope.freq_base", "blk.1.attn_k.bias", "32 x 384", "(384)", "<|im_start|>",
		"8 completions of 512 tokens, 100 of them a shared prompt",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the output:\n%s", want, &out)
		}
	}
}

// A long array is cut to its first elements, unless asked for.
func TestArrays(t *testing.T) {
	path := model(t)
	for arrays, want := range map[bool]int{false: shownElements, true: 384} {
		r, err := File(path, Options{Load: weights.Load{Samples: 1}, Arrays: arrays})
		if err != nil {
			t.Fatal(err)
		}
		for _, kv := range r.Metadata {
			if kv.Key != "tokenizer.ggml.tokens" {
				continue
			}
			if got := kv.Value.([]string); kv.Len != 384 || len(got) != want {
				t.Errorf("%d of %d tokens, want %d of 384", len(got), kv.Len, want)
			}
		}
	}
}
