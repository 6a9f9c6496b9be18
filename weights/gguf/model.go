package gguf

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// span is what a number of a model's metadata may be.
type span struct{ min, max int64 }

// numbers bounds those under the architecture's keys on which llama.cpp relies
// without a look, or with one that ends the process. Some are one for all layers
// or an array; the bounds are far above any model's.
var numbers = map[string]span{
	"block_count":                          {1, 512}, // LLAMA_MAX_LAYERS
	"context_length":                       {1, math.MaxInt32},
	"embedding_length":                     {1, 1 << 20},
	"feed_forward_length":                  {0, 1 << 24},
	"expert_feed_forward_length":           {0, 1 << 24},
	"vocab_size":                           {1, 1 << 24},
	"attention.head_count":                 {0, 1 << 12},
	"attention.head_count_kv":              {0, 1 << 12},
	"attention.key_length":                 {1, 1 << 16},
	"attention.value_length":               {1, 1 << 16},
	"attention.sliding_window":             {0, math.MaxInt32},
	"rope.dimension_count":                 {0, 1 << 16},
	"expert_count":                         {0, 1 << 10}, // LLAMA_MAX_EXPERTS
	"expert_used_count":                    {0, 1 << 10},
	"nextn_predict_layers":                 {0, 512},
	"rope.scaling.original_context_length": {1, math.MaxInt32},
}

// leastAlignment is what llama.cpp needs where it maps a file (TENSOR_ALIGNMENT).
const leastAlignment = 32

// OpenModel reads the description of a file that llama.cpp, which trusts its
// input, may be given.
func OpenModel(path string) (*File, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	if err := f.CheckModel(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// CheckModel looks for what would make llama.cpp end the process, read beyond a
// list or compute for ever, in a file that is well-formed. It does not tell
// whether the model is complete: llama.cpp does.
func (f *File) CheckModel() error {
	arch := f.Architecture()
	if arch == "" {
		return fmt.Errorf("%w: it has no general.architecture, so it is no model", ErrFormat)
	}
	if len(f.Tensors) > 0 && f.Alignment < leastAlignment {
		return fmt.Errorf("%w: %s is %d, want at least %d to compute with it", ErrFormat, keyAlignment, f.Alignment, leastAlignment)
	}
	for _, kv := range f.Metadata {
		key, ok := strings.CutPrefix(kv.Key, arch+".")
		if !ok {
			continue
		}
		if s, ok := numbers[key]; ok {
			if err := kv.within(s); err != nil {
				return err
			}
		}
		if err := kv.finite(); err != nil {
			return err
		}
	}
	for _, t := range f.Tensors {
		if err := t.checkType(); err != nil {
			return err
		}
	}
	if err := f.checkHeads(); err != nil {
		return err
	}
	return f.checkVocab()
}

// within checks a whole number, or each of an array.
func (kv KV) within(s span) error {
	list, ok := kv.Value.Ints()
	if n, single := kv.Value.Int(); single {
		list, ok = []int64{n}, true
	}
	if !ok || len(list) == 0 {
		return fmt.Errorf("%w: %q is no whole number (%s)", ErrFormat, kv.Key, kv.Value.kind)
	}
	for _, n := range list {
		if n < s.min || n > s.max {
			return fmt.Errorf("%w: %q is %d, want %d to %d", ErrFormat, kv.Key, n, s.min, s.max)
		}
	}
	return nil
}

// finite checks floats: none of a model is infinite, an epsilon is not below
// zero, and what is divided by is not zero.
func (kv KV) finite() error {
	list, ok := kv.Value.Floats()
	if x, single := kv.Value.Float(); single {
		list, ok = []float64{x}, true
	}
	positive := strings.HasSuffix(kv.Key, "rope.freq_base") || strings.HasSuffix(kv.Key, "rope.freq_base_swa")
	for _, x := range list {
		bad := math.IsNaN(x) || math.IsInf(x, 0) || strings.HasSuffix(kv.Key, "epsilon") && x < 0 || positive && x <= 0
		if ok && bad {
			return fmt.Errorf("%w: %q is %g", ErrFormat, kv.Key, x)
		}
	}
	return nil
}

// unmultiplied are types that ggml stores and has no products for: its own
// between two steps, and numbers.
var unmultiplied = []Type{F64, I8, I16, I32, I64, Q8_1, Q8_K}

// checkType wants weights of a type that ggml computes with: vectors, norms and
// biases of F32, to which they are always converted, matrices of one it can
// multiply by.
func (t Tensor) checkType() error {
	weight := strings.HasSuffix(t.Name, ".weight") && !strings.HasSuffix(t.Name, "tid2eid.weight") // a table of numbers
	bias := strings.HasSuffix(t.Name, ".bias")
	switch {
	case t.Type != F32 && (bias || weight && (len(t.Shape) == 1 || strings.Contains(t.Name, "norm"))):
		return fmt.Errorf("%w: tensor %q is a vector of %s, want F32", ErrFormat, t.Name, t.Type)
	case weight && slices.Contains(unmultiplied, t.Type):
		return fmt.Errorf("%w: tensor %q is of %s, with which llama.cpp does not compute", ErrFormat, t.Name, t.Type)
	}
	return nil
}

// checkHeads wants heads that divide into groups with keys and values in common.
func (f *File) checkHeads() error {
	heads, ok := f.Arch("attention.head_count")
	shared, ok2 := f.Arch("attention.head_count_kv")
	if ok && ok2 && shared > 0 && heads%shared != 0 {
		return fmt.Errorf("%w: %d attention heads share %d key-value heads unevenly", ErrFormat, heads, shared)
	}
	return nil
}

// checkVocab wants everything that is said of each token to be said of all.
func (f *File) checkVocab() error {
	tokens, ok := f.Value("tokenizer.ggml.tokens")
	if !ok {
		return nil // a model may have none; llama.cpp says so
	}
	if tokens.kind != KindArray || tokens.elem != KindString || tokens.n == 0 {
		return fmt.Errorf("%w: %q is no list of texts", ErrFormat, "tokenizer.ggml.tokens")
	}
	for _, list := range []struct {
		key   string
		elems []Kind
	}{
		{"tokenizer.ggml.scores", []Kind{KindFloat32}},
		{"tokenizer.ggml.token_type", []Kind{KindInt32, KindUint32}},
	} {
		v, ok := f.Value(list.key)
		if ok && (v.kind != KindArray || !slices.Contains(list.elems, v.elem) || v.n != tokens.n) {
			return fmt.Errorf("%w: %q has %d entries of kind %s for %d tokens", ErrFormat, list.key, v.n, v.elem, tokens.n)
		}
	}
	if v, ok := f.Value("tokenizer.ggml.merges"); ok && (v.kind != KindArray || v.elem != KindString) {
		return fmt.Errorf("%w: %q is no list of texts", ErrFormat, "tokenizer.ggml.merges")
	}
	return nil
}
