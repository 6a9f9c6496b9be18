package weights

import (
	"fmt"

	"coderm/weights/gguf"
)

// Load is what a model is to be run with.
type Load struct {
	Context int // tokens of one sample, its prompt included
	Prompt  int // of these, tokens of the prompt that the samples share
	Samples int // decoded at once
	Batch   int // rows computed at once; 0 = 512, llama.cpp's default
}

// Memory estimates what a model takes while it runs, in bytes.
type Memory struct {
	Weights int64 `json:"weights"`
	// KVToken is the key-value cache of one token in f16, over all layers. It
	// counts key-value heads, which several attention heads share.
	KVToken int64 `json:"kv_token"`
	// KVUnified holds the shared prompt once; KVStreams holds it once a sample,
	// which is faster for many samples.
	KVUnified int64 `json:"kv_unified"`
	KVStreams int64 `json:"kv_streams"`
	// Compute is about what the largest step of a batch takes: its logits and
	// activations, with flash attention.
	Compute int64 `json:"compute"`
}

const (
	kvElement    = 2   // bytes of an f16, llama.cpp's default for the cache
	cellPadding  = 256 // llama.cpp rounds the cache of a sequence up to this
	defaultBatch = 512
)

// Estimate computes the memory from a model's metadata. It fails for a model
// whose metadata does not say how large it is.
func Estimate(f *gguf.File, l Load) (Memory, error) {
	if l.Context < 1 || l.Samples < 1 || l.Context > maxTokens/l.Samples {
		return Memory{}, fmt.Errorf("%d samples of %d tokens: want at least one of each, and %d in all at most", l.Samples, l.Context, maxTokens)
	}
	if l.Prompt < 0 || l.Prompt > l.Context {
		return Memory{}, fmt.Errorf("a prompt of %d tokens in a context of %d", l.Prompt, l.Context)
	}
	if l.Batch == 0 {
		l.Batch = defaultBatch
	}
	var m Memory
	for _, t := range f.Tensors {
		m.Weights += t.Bytes
	}
	var err error
	if m.KVToken, err = kvToken(f); err != nil {
		return Memory{}, err
	}
	pad := func(tokens int) int64 { return (int64(tokens) + cellPadding - 1) / cellPadding * cellPadding }
	m.KVStreams = m.KVToken * pad(l.Context) * int64(l.Samples)
	m.KVUnified = m.KVToken * pad(l.Prompt+(l.Context-l.Prompt)*l.Samples)

	embed, _ := f.Arch("embedding_length")
	ff, _ := f.Arch("feed_forward_length")
	if embed < 0 || embed > maxRow || ff < 0 || ff > maxRow {
		return Memory{}, fmt.Errorf("the metadata's rows are %d and %d wide", embed, ff)
	}
	const float = 4
	// The hidden state, its norm, the attention's input and output, and the
	// feed-forward's two halves and their product are alive together at most.
	m.Compute = int64(l.Batch) * float * (vocabSize(f) + 6*embed + 3*ff)
	return m, nil
}

// Bounds beyond which a model's metadata is a mistake; they keep the estimate
// within 63 bits.
const (
	maxLayers = 1 << 12
	maxHeads  = 1 << 12
	maxWidth  = 1 << 16 // of a head
	maxRow    = 1 << 28
	maxToken  = 1 << 32 // bytes of cache; the largest models take some 5 MB
	maxTokens = 1 << 30
)

// kvToken sums keys and values of one token over the layers, which may differ
// in their number of heads.
func kvToken(f *gguf.File) (int64, error) {
	layers, ok := f.Arch("block_count")
	if !ok || layers < 1 || layers > maxLayers {
		return 0, fmt.Errorf("the metadata has no plausible %s.block_count", f.Architecture())
	}
	heads, ok := perLayer(f, "attention.head_count", layers)
	if !ok {
		return 0, fmt.Errorf("the metadata has no plausible %s.attention.head_count", f.Architecture())
	}
	kvHeads, ok := perLayer(f, "attention.head_count_kv", layers)
	if !ok {
		kvHeads = heads
	}
	embed, _ := f.Arch("embedding_length")
	key, keyOK := f.Arch("attention.key_length")
	value, valueOK := f.Arch("attention.value_length")
	var total int64
	for i := range heads {
		k, v := key, value
		if heads[i] > 0 && !keyOK {
			k = embed / heads[i]
		}
		if heads[i] > 0 && !valueOK {
			v = embed / heads[i]
		}
		if k < 0 || k > maxWidth || v < 0 || v > maxWidth {
			return 0, fmt.Errorf("the metadata's attention heads are %d and %d wide", k, v)
		}
		total += kvHeads[i] * (k + v) * kvElement
	}
	if total > maxToken {
		return 0, fmt.Errorf("the metadata asks for %d bytes of cache a token", total)
	}
	return total, nil
}

// perLayer is a number of heads for each layer, given as one for all or as an
// array.
func perLayer(f *gguf.File, key string, layers int64) ([]int64, bool) {
	v, ok := f.Value(f.Architecture() + "." + key)
	if !ok {
		return nil, false
	}
	out, ok := v.Ints()
	if n, single := v.Int(); single {
		for range layers {
			out = append(out, n)
		}
	} else if !ok || int64(len(out)) != layers {
		return nil, false
	}
	for _, n := range out {
		if n < 0 || n > maxHeads {
			return nil, false
		}
	}
	return out, true
}

// vocabSize is the number of tokens: of the vocabulary, or of the output.
func vocabSize(f *gguf.File) int64 {
	if v, ok := f.Value("tokenizer.ggml.tokens"); ok {
		return int64(v.Len())
	}
	t, ok := f.Tensor("token_embd.weight")
	if !ok || len(t.Shape) < 2 {
		return 0
	}
	return int64(t.Shape[1])
}
