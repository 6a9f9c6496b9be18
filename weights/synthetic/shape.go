// Package synthetic writes random GGUF models of known shapes, so that speed
// and memory can be measured, and the engine tested, without downloading
// anything. The models are valid in every respect (llama.cpp loads and runs
// them) but talk nonsense.
package synthetic

import (
	"fmt"
	"slices"
	"strings"

	"coderm/weights"
)

// Shape is a Llama-family model's dimensions.
type Shape struct {
	Name     string
	Layers   int
	Embed    int // n_embd, the width of the hidden state
	FF       int // n_ff, the width of the feed-forward layer
	Heads    int
	KVHeads  int
	HeadDim  int
	Vocab    int
	Specials int // of the vocabulary's end, at least 16
	Context  int // in tokens
	RopeBase float64
	Rope     *weights.RopeScaling // nil: no rope_freqs tensor
	Tied     bool                 // the output shares the embedding's tensor
}

// shapes are the models that can be asked for by name.
var shapes = []Shape{
	{
		// Llama-3.1-8B, the shape of CodeRM-8B: its config.json.
		Name: "llama-8b", Layers: 32, Embed: 4096, FF: 14336, Heads: 32, KVHeads: 8, HeadDim: 128,
		Vocab: 128256, Specials: 256, Context: 131072, RopeBase: 500000,
		Rope: &weights.RopeScaling{Factor: 8, LowFactor: 1, HighFactor: 4, Original: 8192},
	},
	{
		// Llama-3.2-1B: its config.json.
		Name: "llama-1b", Layers: 16, Embed: 2048, FF: 8192, Heads: 32, KVHeads: 8, HeadDim: 64,
		Vocab: 128256, Specials: 256, Context: 131072, RopeBase: 500000, Tied: true,
		Rope: &weights.RopeScaling{Factor: 32, LowFactor: 1, HighFactor: 4, Original: 8192},
	},
	{
		// SmolLM2-135M: its config.json, with a byte-pair vocabulary of ours.
		Name: "smollm2-135m", Layers: 30, Embed: 576, FF: 1536, Heads: 9, KVHeads: 3, HeadDim: 64,
		Vocab: 49152, Specials: 16, Context: 8192, RopeBase: 100000, Tied: true,
	},
	{
		// The smallest that every quantization fits: rows of 256.
		Name: "tiny", Layers: 2, Embed: 256, FF: 512, Heads: 4, KVHeads: 2, HeadDim: 64,
		Vocab: 1024, Specials: 16, Context: 8192, RopeBase: 10000,
	},
}

// Names lists the shapes that Find knows.
func Names() []string {
	var out []string
	for _, s := range shapes {
		out = append(out, s.Name)
	}
	return out
}

// Find gives the shape called name.
func Find(name string) (Shape, error) {
	i := slices.IndexFunc(shapes, func(s Shape) bool { return s.Name == name })
	if i < 0 {
		return Shape{}, fmt.Errorf("no synthetic model %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return shapes[i], nil
}
