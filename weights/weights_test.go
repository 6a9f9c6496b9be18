package weights_test

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	oracle "github.com/gpustack/gguf-parser-go"

	"coderm/weights"
	"coderm/weights/gguf"
	"coderm/weights/synthetic"
)

// TestEstimateAgainstOracle compares with gguf-parser-go's estimate of the
// same model.
func TestEstimateAgainstOracle(t *testing.T) {
	path, err := synthetic.Cached(t.Context(), t.TempDir(), "tiny", "q4_0", nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := oracle.ParseGGUFFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, context := range []int{256, 2048, 8192} {
		m, err := weights.Estimate(f, weights.Load{Context: context, Samples: 1})
		if err != nil {
			t.Fatal(err)
		}
		e := theirs.EstimateLLaMACppRun(oracle.WithLLaMACppContextSize(int32(context)))
		var kv int64
		for _, d := range e.Devices {
			kv += int64(d.KVCache.Sum())
		}
		if m.KVUnified != kv || m.KVStreams != kv {
			t.Errorf("%d tokens: %d and %d bytes of cache, the oracle says %d", context, m.KVUnified, m.KVStreams, kv)
		}
	}
}

// TestEstimateLlama8B: 32 layers of 8 key-value heads of 128, keys and values,
// two bytes each: 128 KiB a token.
func TestEstimateLlama8B(t *testing.T) {
	f := metadata(t, []gguf.KV{
		{Key: "general.architecture", Value: gguf.String("llama")},
		{Key: "llama.block_count", Value: gguf.Uint32(32)},
		{Key: "llama.embedding_length", Value: gguf.Uint32(4096)},
		{Key: "llama.attention.head_count", Value: gguf.Uint32(32)},
		{Key: "llama.attention.head_count_kv", Value: gguf.Uint32(8)},
	})
	m, err := weights.Estimate(f, weights.Load{Context: 4096, Prompt: 2048, Samples: 100})
	if err != nil {
		t.Fatal(err)
	}
	const token = 128 << 10
	if m.KVToken != token || m.KVStreams != 100*4096*token || m.KVUnified != (2048+100*2048)*token {
		t.Errorf("got %+v", m)
	}
}

func TestEstimateHeadsPerLayer(t *testing.T) {
	f := metadata(t, []gguf.KV{
		{Key: "general.architecture", Value: gguf.String("x")},
		{Key: "x.block_count", Value: gguf.Uint32(3)},
		{Key: "x.attention.head_count", Value: gguf.Uint32(4)},
		{Key: "x.attention.head_count_kv", Value: gguf.Int32s([]int32{4, 0, 2})},
		{Key: "x.attention.key_length", Value: gguf.Uint32(16)},
		{Key: "x.attention.value_length", Value: gguf.Uint32(8)},
	})
	m, err := weights.Estimate(f, weights.Load{Context: 1, Samples: 1})
	if err != nil || m.KVToken != 6*(16+8)*2 {
		t.Errorf("got %+v, %v", m, err)
	}
}

func TestEstimateRefuses(t *testing.T) {
	whole := []gguf.KV{
		{Key: "general.architecture", Value: gguf.String("x")},
		{Key: "x.block_count", Value: gguf.Uint32(3)},
		{Key: "x.attention.head_count", Value: gguf.Uint32(4)},
	}
	fine := weights.Load{Context: 10, Samples: 1}
	tests := []struct {
		name string
		meta []gguf.KV
		load weights.Load
	}{
		{"nothing known", nil, fine},
		{"no heads", whole[:2], fine},
		{"huge", append(whole[:2:2], gguf.KV{Key: "x.attention.head_count", Value: gguf.Uint32(math.MaxUint32)}), fine},
		{"huge rows", append(whole[:3:3], gguf.KV{Key: "x.attention.key_length", Value: gguf.Uint32(8)},
			gguf.KV{Key: "x.attention.value_length", Value: gguf.Uint32(8)},
			gguf.KV{Key: "x.feed_forward_length", Value: gguf.Uint32(math.MaxUint32)}), fine},
		{"other count of layers", append(whole[:2:2], gguf.KV{Key: "x.attention.head_count", Value: gguf.Int32s([]int32{1})}), fine},
		{"no samples", whole, weights.Load{Context: 10}},
		{"prompt longer than context", whole, weights.Load{Context: 10, Prompt: 11, Samples: 1}},
	}
	for _, tt := range tests {
		if m, err := weights.Estimate(metadata(t, tt.meta), tt.load); err == nil {
			t.Errorf("%s: got %+v", tt.name, m)
		}
	}
}

// metadata is a GGUF file without tensors.
func metadata(t *testing.T, meta []gguf.KV) *gguf.File {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(io.Writer(&b), meta, nil); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestRopeFactors: Llama 3.1's, whose first dimensions turn within the old
// context and whose last do not.
func TestRopeFactors(t *testing.T) {
	s := weights.RopeScaling{Factor: 8, LowFactor: 1, HighFactor: 4, Original: 8192}
	f := s.Factors(128, 500000)
	if len(f) != 64 || f[0] != 1 || f[28] != 1 || f[63] != 8 || f[35] != 8 {
		t.Errorf("got %v", f)
	}
	for i := 1; i < len(f); i++ {
		if f[i] < f[i-1] {
			t.Errorf("factor %d falls from %v to %v", i, f[i-1], f[i])
		}
	}
}
