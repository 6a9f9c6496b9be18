package gguf

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// TestCheckModel: what llama.cpp would not survive is named. engine/llama's
// TestHostileHeaders tells that there is no more of it.
func TestCheckModel(t *testing.T) {
	good := []KV{
		{"general.architecture", String("llama")}, {"llama.block_count", Uint32(2)}, {"llama.embedding_length", Uint32(64)},
		{"llama.attention.head_count", Uint32(4)}, {"llama.attention.head_count_kv", Int32s([]int32{2, 0})},
		{"llama.attention.layer_norm_rms_epsilon", Float32(1e-5)}, {"llama.rope.freq_base", Float32(10000)},
		{"tokenizer.ggml.tokens", Strings([]string{"a", "b"})}, {"tokenizer.ggml.scores", Float32s([]float32{0, -1})},
		{"tokenizer.ggml.token_type", Int32s([]int32{1, 1})}, {"other.block_count", Uint32(0)},
	}
	nan, inf := Float32(float32(math.NaN())), Float32(float32(math.Inf(1)))
	type tensor struct {
		name  string
		typ   Type
		shape []uint64
	}
	for _, tt := range []struct {
		key    string
		value  Value // the zero Value: without the key
		tensor tensor
		want   string // part of the message, "" for none
	}{
		{key: "llama.block_count", value: Uint32(512)},
		{key: "llama.block_count", value: Uint32(0), want: `"llama.block_count" is 0, want 1 to 512`},
		{key: "llama.block_count", value: Uint32(math.MaxUint32), want: "4294967295"},
		{key: "llama.block_count", value: Float32(2), want: `"llama.block_count" is no whole number (f32)`},
		{key: "llama.block_count", value: Int32s(nil), want: "no whole number"},
		{key: "llama.attention.head_count_kv", value: Uint32(2)},
		{key: "llama.attention.head_count_kv", value: Uint32(3), want: "4 attention heads share 3 key-value heads unevenly"},
		{key: "llama.attention.head_count_kv", value: Uint32(math.MaxInt32), want: "head_count_kv"},
		{key: "llama.attention.head_count_kv", value: Int32s([]int32{2, -1}), want: "is -1"},
		{key: "llama.attention.layer_norm_rms_epsilon", value: Float32(-1), want: "epsilon\" is -1"},
		{key: "llama.attention.layer_norm_rms_epsilon", value: nan, want: "is NaN"},
		{key: "llama.rope.freq_base", value: Float32(0), want: "is 0"},
		{key: "llama.rope.scaling.factor", value: inf, want: "is +Inf"},
		{key: "llama.some.list", value: Float32s([]float32{1, float32(math.NaN())}), want: "is NaN"},
		{key: "general.architecture", want: "no general.architecture"},
		{key: "general.architecture", value: Uint32(1), want: "no general.architecture"},
		{key: "tokenizer.ggml.tokens"},
		{key: "tokenizer.ggml.tokens", value: Strings(nil), want: "no list of texts"},
		{key: "tokenizer.ggml.tokens", value: Strings([]string{"a"}), want: `"tokenizer.ggml.scores" has 2 entries of kind f32 for 1 tokens`},
		{key: "tokenizer.ggml.scores", value: Int32s([]int32{1, 1}), want: "entries of kind i32"},
		{key: "tokenizer.ggml.token_type", value: Int32s([]int32{1}), want: "has 1 entries"},
		{key: "tokenizer.ggml.merges", value: Uint32(1), want: "no list of texts"},
		{tensor: tensor{"blk.0.attn_norm.weight", F16, []uint64{64}}, want: "is a vector of F16, want F32"},
		{tensor: tensor{"blk.0.attn_norm.weight", F16, []uint64{64, 1}}, want: "want F32"},
		{tensor: tensor{"blk.0.attn_q.bias", Q8_0, []uint64{64}}, want: "want F32"},
		{tensor: tensor{"blk.0.attn_q.weight", I8, []uint64{64, 64}}, want: "is of I8, with which llama.cpp does not compute"},
		{tensor: tensor{"blk.0.attn_q.weight", BF16, []uint64{64, 64}}},
		{tensor: tensor{"blk.0.ffn_gate_tid2eid.weight", I32, []uint64{64, 64}}},
	} {
		var meta []KV
		for _, kv := range good {
			if kv.Key != tt.key {
				meta = append(meta, kv)
			}
		}
		if tt.value.kind != 0 { // none of these is a u8
			meta = append(meta, KV{tt.key, tt.value})
		}
		x := Source{Name: "token_embd.weight", Type: F32, Shape: []uint64{64, 2}}
		if tt.tensor.name != "" {
			x = Source{Name: tt.tensor.name, Type: tt.tensor.typ, Shape: tt.tensor.shape}
		}
		x.Write = func(w io.Writer) error {
			n, _ := x.Type.Bytes(x.Shape)
			_, err := w.Write(make([]byte, n))
			return err
		}
		var b bytes.Buffer
		if err := Write(&b, meta, []Source{x}); err != nil {
			t.Fatal(err)
		}
		f, err := read(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		err = f.CheckModel()
		if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s=%v %s: got %v, want %q", tt.key, tt.value.Any(), tt.tensor.name, err, tt.want)
		}
	}
}
