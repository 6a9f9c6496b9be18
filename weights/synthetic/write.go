package synthetic

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"coderm/internal/fsx"
	"coderm/internal/seed"
	"coderm/weights/gguf"
)

// version changes when the same name and quantization would give other bytes.
const version = "v1"

// Progress is told how many bytes more have been written; it may be nil.
type Progress func(n int64)

// Cached gives the path of the synthetic model of that shape and quantization
// (see Names and Quants) in dir, making it first if it is not there. It is
// safe to call from several processes.
func Cached(ctx context.Context, dir, name, quantization string, progress Progress) (string, error) {
	s, err := Find(name)
	if err != nil {
		return "", err
	}
	q, err := findQuant(quantization)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "synthetic-"+s.Name+"-"+strings.ToLower(q.name)+"-"+version+".gguf")
	if _, err := gguf.Open(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	err = fsx.WriteFile(path, func(f *os.File) error { return Write(ctx, f, s, q.name, progress) })
	return path, err
}

// Size is how many bytes of tensors Write will write.
func Size(s Shape, quantization string) (int64, error) {
	q, err := findQuant(quantization)
	if err != nil {
		return 0, err
	}
	return gguf.Size(s.tensors(context.Background(), q, nil))
}

// Write writes a model of shape s, the same bytes every time. It needs memory
// for the vocabulary only.
func Write(ctx context.Context, w io.Writer, s Shape, quantization string, progress Progress) error {
	q, err := findQuant(quantization)
	if err != nil {
		return err
	}
	if progress == nil {
		progress = func(int64) {}
	}
	return gguf.Write(w, s.metadata(q), s.tensors(ctx, q, progress))
}

func (s Shape) metadata(q quant) []gguf.KV {
	u := func(key string, n int) gguf.KV { return gguf.KV{Key: key, Value: gguf.Uint32(uint32(n))} }
	meta := []gguf.KV{
		{Key: "general.architecture", Value: gguf.String("llama")},
		{Key: "general.name", Value: gguf.String("synthetic " + s.Name)},
		u("general.file_type", int(q.file)),
		u("general.quantization_version", 2),
		u("llama.block_count", s.Layers),
		u("llama.context_length", s.Context),
		u("llama.embedding_length", s.Embed),
		u("llama.feed_forward_length", s.FF),
		u("llama.attention.head_count", s.Heads),
		u("llama.attention.head_count_kv", s.KVHeads),
		u("llama.rope.dimension_count", s.HeadDim),
		u("llama.vocab_size", s.Vocab),
		{Key: "llama.rope.freq_base", Value: gguf.Float32(float32(s.RopeBase))},
		{Key: "llama.attention.layer_norm_rms_epsilon", Value: gguf.Float32(1e-5)},
	}
	return append(meta, s.tokenizer()...)
}

// tensors lists the model's tensors. The standard deviations keep the hidden
// state's size through the layers and give logits of about 3, like a real
// model's.
func (s Shape) tensors(ctx context.Context, q quant, progress Progress) []gguf.Source {
	var out []gguf.Source
	matrix := func(name string, t gguf.Type, cols, rows int, sd float64) {
		out = append(out, gguf.Source{
			Name: name, Type: t, Shape: []uint64{uint64(cols), uint64(rows)},
			Write: func(w io.Writer) error { return noise(ctx, w, name, t, cols*rows, sd, progress) },
		})
	}
	vector := func(name string, values []float32) {
		out = append(out, gguf.Source{
			Name: name, Type: gguf.F32, Shape: []uint64{uint64(len(values))},
			Write: func(w io.Writer) error { return binary.Write(w, binary.LittleEndian, values) },
		})
	}
	unit := 1 / math.Sqrt(float64(s.Embed))
	q0, kv, ones := s.Heads*s.HeadDim, s.KVHeads*s.HeadDim, filled(s.Embed, 1)
	embed := q.base
	embedSD := 0.02
	if s.Tied {
		// The one matrix that is both, so it gets the output's type and scale.
		embed, embedSD = q.output, 3*unit
	}
	if s.Rope != nil {
		vector("rope_freqs.weight", s.Rope.Factors(s.HeadDim, s.RopeBase))
	}
	matrix("token_embd.weight", embed, s.Embed, s.Vocab, embedSD)
	for i := range s.Layers {
		more := q.layer(i, s.Layers)
		p := fmt.Sprintf("blk.%d.", i)
		vector(p+"attn_norm.weight", ones)
		matrix(p+"attn_q.weight", q.base, s.Embed, q0, unit)
		matrix(p+"attn_k.weight", q.base, s.Embed, kv, unit)
		matrix(p+"attn_v.weight", more, s.Embed, kv, unit)
		matrix(p+"attn_output.weight", q.base, q0, s.Embed, unit/2)
		vector(p+"ffn_norm.weight", ones)
		matrix(p+"ffn_gate.weight", q.base, s.Embed, s.FF, unit)
		matrix(p+"ffn_up.weight", q.base, s.Embed, s.FF, unit)
		matrix(p+"ffn_down.weight", more, s.FF, s.Embed, unit/2)
	}
	vector("output_norm.weight", ones)
	if !s.Tied {
		matrix("output.weight", q.output, s.Embed, s.Vocab, 3*unit)
	}
	return out
}

// noise writes n random values of type t with mean 0 and standard deviation
// sd. Its stream depends on the tensor's name alone.
func noise(ctx context.Context, w io.Writer, name string, t gguf.Type, n int, sd float64, progress Progress) error {
	rng := seed.Named(name)
	elems, size := t.Block()
	put := stamps[t]
	keep, set := floatMasks(t, sd)
	// Random bytes are drawn eight at a time, so a piece is a multiple of 8.
	piece := make([]byte, 8*size*1024)
	for left := int(uint64(n) / elems * size); left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := 0; i < len(piece); i += 8 {
			binary.LittleEndian.PutUint64(piece[i:], rng.Uint64()&keep|set)
		}
		b := piece[:min(left, len(piece))]
		for i := 0; put != nil && i < len(b); i += int(size) {
			put(b[i:i+int(size)], sd)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		left -= len(b)
		progress(int64(len(b)))
	}
	return nil
}

func filled(n int, x float32) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = x
	}
	return out
}
