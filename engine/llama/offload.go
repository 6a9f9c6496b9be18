package llama

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"

	"coderm/weights/gguf"
)

// A model may lie partly on GPUs and partly in the host's memory. llama.cpp
// puts the last layers on GPUs, in order, the output being the last of all; a
// layer's part of the KV cache lies with the layer.

const (
	// gpuMargin is left free on each GPU for what is computed in between, and for
	// other programs, as llama.cpp's own tools do (common/common.h).
	gpuMargin = 1 << 30
	// kvFirst is for how many positions of KV cache layers make room: 16 samples
	// of 1,024. More layers with fewer samples at once would be slower.
	kvFirst = 16 << 10
	kvLeast = 1 << 10
)

// sizes is what a model's layers take, in bytes.
type sizes struct {
	weights []int64 // of each layer, the output last
	kv      int64   // a position's keys and values in one layer
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
		last := sizes{s.weights[len(s.weights)-n:], s.kv}
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
	for i, need := range s.weights {
		if i < len(s.weights)-1 {
			need += s.kv * int64(positions)
		}
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
	index   int   // of the device
	layers  int   // the output included
	kv      int   // those with a KV cache
	weights int64 // bytes
	left    int64 // bytes beside the weights, for the KV cache
}

// shares lists the GPUs that have any of the layers.
func (s sizes) shares(gpus []share, counts []int) []share {
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
		}
		g.left = g.usable() - g.weights
		list = append(list, g)
	}
	return list
}

// offload decides which layers lie on which GPUs.
func (m *Model) offload(f *gguf.File) error {
	c := &m.config
	m.kvCell = kvBytes(f)
	var gpus []share
	var free []int64
	if c.GPULayers >= 0 {
		devices := Devices()
		for _, i := range computing(devices) {
			gpus, free = append(gpus, share{Device: devices[i], index: i}), append(free, devices[i].usable())
		}
	}
	s := sizesOf(f)
	all := len(s.weights)
	counts := s.place(free, all, kvFirst)
	switch asked := min(c.GPULayers, all); {
	case asked > 0 && len(gpus) == 0:
		return errors.New("GPU layers were asked for, but no GPU was found ('coderm doctor' says why)")
	case asked > 0:
		// Who says how many takes fewer samples at once.
		if counts = s.place(free, asked, kvLeast); sum(counts) < asked {
			return fmt.Errorf("of %d layers asked for, the GPU has room for %d ('--gpu-layers %d', or 0 to leave the number to coderm)", asked, sum(counts), sum(counts))
		}
	case len(gpus) > 0 && sum(counts) == 0:
		m.log.Warn("no layer of the model fits the GPU: it runs on the CPU", "gpu", gpus[0].Description, "free MiB", gpus[0].Free>>20)
	case len(gpus) > 0 && sum(counts) < all:
		m.log.Warn("the model does not fit the GPU: the other layers run on the CPU, which is slower", "layers", sum(counts), "of", all)
	}
	m.gpus = s.shares(gpus, counts)
	if c.GPULayers = sum(counts); c.Parallel <= 0 {
		c.Parallel = 32
		if c.GPULayers > 0 {
			c.Parallel = 128
		}
	}
	c.Parallel = min(c.Parallel, MaxParallel)
	return nil
}

// weigh looks what the GPUs have left, now that the weights are there: the
// driver takes some memory too.
func (m *Model) weigh() {
	devices := Devices()
	for i := range m.gpus {
		g := &m.gpus[i]
		g.left = max(0, min(g.left, devices[g.index].usable()))
	}
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// room is for how many positions there is memory, where each layer lies.
func (m modelOf) room() int {
	room := math.MaxInt64 / m.kvCell
	if m.config.Memory > 0 {
		room = m.config.Memory / m.kvCell
	}
	layers, host := int64(m.info.Layers), int64(m.info.Layers)
	for _, g := range m.gpus {
		if g.kv > 0 {
			room = min(room, g.left*layers/(m.kvCell*int64(g.kv)))
			host -= int64(g.kv)
		}
	}
	if m.config.Memory <= 0 && host > 0 {
		room = min(room, availableMemory()/2*layers/(m.kvCell*host))
	}
	return int(room) / cellPad * cellPad
}

// where says in words what lies where.
func (m *Model) where() string {
	var on []string
	for _, g := range m.gpus {
		on = append(on, fmt.Sprintf("%d on %s (%s, %d MiB of weights, %d MiB for the KV cache)", g.layers, g.Name, g.Description, g.weights>>20, g.left>>20))
	}
	if n := m.info.Layers + 1 - m.info.GPULayers; n > 0 {
		on = append(on, fmt.Sprintf("%d on the CPU", n))
	}
	return strings.Join(on, ", ")
}

// on lists the GPUs the model lies on.
func (m *Model) on() []Device {
	var list []Device
	for _, g := range m.gpus {
		list = append(list, g.Device)
	}
	return list
}

// advice is what to do when a GPU's memory is short, for the end of an error.
func (m *Model) advice() string {
	if m.config.GPULayers == 0 {
		return ""
	}
	return "; if a GPU's memory is short, put fewer layers there ('--gpu-layers N', -1 = none)"
}
