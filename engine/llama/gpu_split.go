package llama

import (
	"fmt"
	"slices"
	"sort"
)

// Split is how several GPUs divide a model, by llama.cpp's own means. MainGPU is
// the one for SplitNone, by its place among those a model may be put on.
// TensorSplit is in which proportions the others divide it, one number a GPU; none
// leaves the layers to the plan, and divides tensors evenly.
type Split string

// The ways: whole layers, each with its part of the KV cache; every tensor by rows,
// or by attention heads with the KV cache, which all GPUs compute at the same time;
// or one GPU has it all. Which models and backends can do rows or tensors is for
// llama.cpp to say.
const (
	SplitLayer  Split = "" // also "layer"
	SplitRow    Split = "row"
	SplitTensor Split = "tensor"
	SplitNone   Split = "none"
)

// ParseSplit reads the name of a way.
func ParseSplit(name string) (Split, error) {
	switch s := Split(name); s {
	case "layer":
		return SplitLayer, nil
	case SplitLayer, SplitRow, SplitTensor, SplitNone:
		return s, nil
	}
	return "", fmt.Errorf("unknown; use layer, row, tensor or none")
}

// mode is llama.cpp's number for it.
func (s Split) mode() int {
	return slices.Index([]Split{SplitNone, SplitLayer, SplitRow, SplitTensor}, s)
}

// chosen are those of the GPUs that the division is between; it refuses one that
// they do not allow.
func (c *Config) chosen(gpus []share) ([]share, error) {
	n := len(gpus)
	switch {
	case n == 0:
		return nil, nil
	case c.Split == SplitNone && c.MainGPU >= n:
		return nil, fmt.Errorf("GPU %d was asked for ('--main-gpu'), and there are %d, counted from 0", c.MainGPU, n)
	case c.Split == SplitNone:
		return gpus[c.MainGPU : c.MainGPU+1], nil
	case len(c.TensorSplit) > 0 && len(c.TensorSplit) != n:
		return nil, fmt.Errorf("'--tensor-split' has %d proportions, and there are %d GPUs", len(c.TensorSplit), n)
	}
	return gpus, nil
}

// placeAs says how many layers go on each GPU, of which free bytes may be used: of
// the last most layers as many as fit in these proportions beside the KV cache of
// so many positions.
func (s sizes) placeAs(free []int64, split []float32, most, positions int) []int {
	for n := min(most, len(s.weights)); n > 0; n-- {
		if counts := divide(n, split); s.last(n).holds(free, counts, positions) {
			return counts
		}
	}
	return make([]int, len(free))
}

// divide gives each GPU its part of n layers, as llama.cpp does (llama_model_base::
// load_tensors): a layer goes where its place among them falls.
func divide(n int, split []float32) []int {
	ends := make([]float32, len(split))
	total := float32(0)
	for i, p := range split {
		total += p
		ends[i] = total
	}
	counts := make([]int, len(split))
	for layer := range n {
		at := total * float32(layer) / float32(n)
		counts[sort.Search(len(ends)-1, func(i int) bool { return ends[i] > at })]++
	}
	return counts
}

// holds tells whether the layers, divided so, fit beside so many positions' KV cache.
func (s sizes) holds(free []int64, counts []int, positions int) bool {
	at := 0
	for gpu, n := range counts {
		need := int64(0)
		for range n {
			need += s.need(at, positions)
			at++
		}
		if need > free[gpu] {
			return false
		}
	}
	return true
}

// placeTensor gives each GPU its part of every tensor and of the KV cache. All of
// them have room for that, or it is refused: which part to leave out, llama.cpp has
// no way to say.
func (s sizes) placeTensor(c *Config, gpus []share) ([]share, error) {
	split := c.TensorSplit
	if len(split) == 0 {
		split = slices.Repeat([]float32{1}, len(gpus))
	}
	total := float32(0)
	for _, p := range split {
		total += p
	}
	list := slices.Clone(gpus)
	for i := range list {
		g := &list[i]
		g.part, g.layers = float64(split[i]/total), len(s.weights)
		for _, w := range s.weights {
			g.weights += int64(g.part * float64(w))
		}
		g.drawing = int64(g.part * float64(s.drawing))
		g.left = c.usable(g.Device) - g.weights - g.drawing
		if need := int64(g.part * float64(s.kv) * float64(len(s.weights)-1) * kvLeast); g.left < need {
			return nil, fmt.Errorf("GPU %d (%s) has %d MiB for its part of the tensors, which needs %d; divide by layers, or by other proportions ('--tensor-split')",
				i, g.Description, c.usable(g.Device)>>20, (g.weights+g.drawing+need)>>20)
		}
	}
	return list, nil
}
