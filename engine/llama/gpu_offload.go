package llama

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"coderm/weights/gguf"
)

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

// updateFree looks what the GPUs have left, now that the weights are there: the
// driver takes some memory too.
func (m *Model) updateFree() {
	devices := Devices()
	for i := range m.gpus {
		g := &m.gpus[i]
		g.left = max(0, min(g.left, devices[g.index].usable()))
	}
}

// maxCells is how many positions a context may have: llama.cpp counts them in 32
// bits.
const maxCells = 1 << 30

// room is for how many positions there is memory, where each layer lies.
func (m schedModel) room() int {
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
	return int(min(room, maxCells)) / cellPad * cellPad
}

// layerPlaces says in words what lies where.
func (m *Model) layerPlaces() string {
	var on []string
	for _, g := range m.gpus {
		on = append(on, fmt.Sprintf("%d on %s (%s, %d MiB of weights, %d MiB for the KV cache)", g.layers, g.Name, g.Description, g.weights>>20, g.left>>20))
	}
	if n := m.info.Layers + 1 - m.info.GPULayers; n > 0 {
		on = append(on, fmt.Sprintf("%d on the CPU", n))
	}
	return strings.Join(on, ", ")
}

// gpuDevices lists the GPUs the model lies on.
func (m *Model) gpuDevices() []Device {
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
