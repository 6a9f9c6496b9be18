package llama

import (
	"fmt"
	"sort"

	"coderm/weights/gguf"
)

// A model may lie partly on GPUs and partly in the host's memory. llama.cpp
// puts the last layers on GPUs, in order, the output being the last of all; a
// layer's part of the KV cache lies with the layer.

const (
	// gpuMargin is left free on each GPU, if nothing else is asked for: for what is
	// computed in between, and for other programs, as llama.cpp's own tools do
	// (common/common.h).
	gpuMargin = 1 << 30
	// kvFirst is for how many positions of KV cache layers make room unasked: 16
	// samples of 1,024, since the weights are read once for all samples of a step.
	kvFirst = 16 << 10
	kvLeast = 1 << 10 // when their number was asked for: one sample
)

// sizes is what a model's layers take, in bytes.
type sizes struct {
	weights []int64 // of each layer, the output last
	kv      int64   // a position's keys and values in one layer
	drawing int64   // drawing tokens, where the output is
}

// last are those of the last n layers.
func (s sizes) last(n int) sizes {
	s.weights = s.weights[len(s.weights)-n:]
	return s
}

// in are those with keys and values kept in another way than f16.
func (s sizes) in(t KVType) sizes {
	s.kv = t.bytes(s.kv)
	return s
}

// need is what layer i takes with the KV cache of so many positions.
func (s sizes) need(i, positions int) int64 {
	if i == len(s.weights)-1 {
		return s.weights[i] + s.drawing
	}
	return s.weights[i] + s.kv*int64(positions)
}

// sizesOf reads them off the list of tensors. What is in no layer belongs to the
// output, but the embedding table: it stays in the host's memory, with a copy
// on the GPU where it serves as output too.
func sizesOf(f *gguf.File) sizes {
	n, _ := f.Arch("block_count")
	n = max(0, min(n, int64(len(f.Tensors))))
	s := sizes{weights: make([]int64, n+1), kv: kvBytes(f) / max(1, n)}
	_, own := f.Tensor("output.weight")
	for _, t := range f.Tensors {
		layer := n
		if _, err := fmt.Sscanf(t.Name, "blk.%d.", &layer); err != nil {
			layer = n
		}
		if layer >= 0 && layer <= n && !(own && t.Name == "token_embd.weight") {
			s.weights[layer] += t.Bytes
		}
	}
	return s
}

// place says how many layers go on each GPU, of which free bytes may be used:
// of the last most layers as many as fit beside the KV cache of so many
// positions, divided so that room is left for the most positions.
func (s sizes) place(free []int64, most, positions int) []int {
	for n := min(most, len(s.weights)); n > 0; n-- {
		last := s.last(n)
		// over is the first step at which they do not fit.
		if over := sort.Search(1<<20, func(i int) bool { return last.fill(free, positions+i*cellPad) == nil }); over > 0 {
			return last.fill(free, positions+(over-1)*cellPad)
		}
	}
	return make([]int, len(free))
}

// fill gives each GPU in turn what it holds beside so many positions' KV cache;
// nil when that is not all.
func (s sizes) fill(free []int64, positions int) []int {
	counts := make([]int, len(free))
	gpu, left := -1, int64(-1)
	for i := range s.weights {
		need := s.need(i, positions)
		for left < need {
			if gpu++; gpu == len(free) {
				return nil
			}
			left = free[gpu]
		}
		left -= need
		counts[gpu]++
	}
	return counts
}

// share is what one GPU has of a model.
type share struct {
	Device
	index   int     // of the device
	layers  int     // the output included
	kv      int     // those with a KV cache
	weights int64   // bytes
	drawing int64   // bytes for drawing tokens, where the output is
	left    int64   // bytes beside these, for the KV cache
	part    float64 // of every tensor, where these are divided
}

// kvPart is the GPU's part of the KV cache of a model of so many layers.
func (g share) kvPart(layers int) float64 {
	if g.part > 0 {
		return g.part
	}
	return float64(g.kv) / float64(max(1, layers))
}

// onGPUs counts the layers on GPUs, the output included.
func onGPUs(list []share) (n int) {
	for _, g := range list {
		if g.part > 0 {
			return g.layers
		}
		n += g.layers
	}
	return n
}

// shares lists the GPUs that have any of the layers.
func (s sizes) shares(c *Config, gpus []share, counts []int) []share {
	at := len(s.weights)
	for _, n := range counts {
		at -= n
	}
	var list []share
	for i, n := range counts {
		if n == 0 {
			continue
		}
		g := gpus[i]
		g.layers, g.kv = n, n
		for _, w := range s.weights[at : at+n] {
			g.weights += w
		}
		if at += n; at == len(s.weights) {
			g.kv--
			g.drawing = s.drawing
		}
		g.left = c.usable(g.Device) - g.weights - g.drawing
		list = append(list, g)
	}
	return list
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
