package llama

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"coderm/weights/gguf"
)

// offload decides which layers lie on which GPUs, and how the KV cache is kept.
func (m *Model) offload(f *gguf.File) error {
	c := &m.config
	gpus, err := c.candidates()
	if err != nil {
		return err
	}
	if len(gpus) == 0 {
		c.Split = SplitLayer // there is nothing to divide
	}
	if c.KVType == KVTypeQ8 && !fitsQ8(f) {
		return errors.New("the model's attention heads are no multiple of 32 wide, which a KV cache in q8_0 needs; use f16")
	}
	s, asked := sizesOf(f), c.GPULayers > 0
	if len(gpus) > 0 {
		s.drawing, m.hostDrawing = c.drawingBytes(gpus[len(gpus)-1], vocabulary(f))
	}
	switch {
	case asked && len(gpus) == 0:
		return errors.New("GPU layers were asked for, but no GPU was found ('coderm doctor' says why)")
	case c.Split == SplitTensor:
		m.gpus, err = s.in(c.KVType).placeTensor(c, gpus)
		if err == nil || c.Smaller == 0 {
			break
		}
		c.Split = SplitLayer // of which some can be left out
		fallthrough
	default:
		m.gpus, err = s.placeLayers(c, f, gpus)
	}
	if err != nil {
		return err
	}
	if c.KVType == KVTypeAuto {
		c.KVType = KVTypeF16
	}
	m.kvCell = c.KVType.bytes(kvBytes(f))
	m.layers = len(s.weights) - 1
	n, all := onGPUs(m.gpus), len(s.weights)
	switch {
	case asked || len(gpus) == 0:
	case n == 0:
		m.log.Warn("no layer of the model fits the GPU: it runs on the CPU", "gpu", gpus[0].Description, "free MiB", gpus[0].Free>>20)
	case n < all:
		m.log.Warn("the model does not fit the GPU: the other layers run on the CPU, which is slower", "layers", n, "of", all)
	}
	c.GPULayers, c.Parallel = n, c.samples(n > 0)
	return nil
}

// samples is how many run at once at most.
func (c *Config) samples(onGPU bool) int {
	n := c.Parallel
	switch {
	case n > 0:
	case onGPU:
		n = 128
	default:
		n = 32
	}
	return max(1, min(n, MaxParallel)>>c.Smaller)
}

// candidates are the GPUs that a model may be put on.
func (c *Config) candidates() ([]share, error) {
	if c.GPULayers < 0 {
		return nil, nil
	}
	devices := Devices()
	var gpus []share
	for _, i := range computing(devices) {
		gpus = append(gpus, share{Device: devices[i], index: i})
	}
	return c.chosen(gpus)
}

// placeLayers puts on each GPU as many layers as fit, or as were asked for. If not
// all fit beside a KV cache in f16, it is one in q8_0, where that helps: half the
// memory costs less than layers on the CPU.
func (s sizes) placeLayers(c *Config, f *gguf.File, gpus []share) ([]share, error) {
	free := make([]int64, len(gpus))
	for i, g := range gpus {
		free[i] = c.usable(g.Device)
	}
	most, positions := len(s.weights), kvFirst
	if c.GPULayers > 0 {
		// Who says how many takes fewer samples at once.
		most, positions = min(c.GPULayers, most), kvLeast
	}
	place := func(t KVType) []int {
		s := s.in(t)
		if len(c.TensorSplit) > 0 {
			return s.placeAs(free, c.TensorSplit, most, positions)
		}
		return s.place(free, most, positions)
	}
	counts := place(c.KVType)
	if c.KVType == KVTypeAuto && sum(counts) < most && fitsQ8(f) {
		if more := place(KVTypeQ8); sum(more) > sum(counts) {
			counts, c.KVType = more, KVTypeQ8
		}
	}
	if n := sum(counts); c.GPULayers > 0 && c.Smaller == 0 && n < most {
		return nil, fmt.Errorf("of %d layers asked for, the GPU has room for %d ('--gpu-layers %d', or auto to leave the number to coderm)", most, n, n)
	}
	return s.in(c.KVType).shares(c, gpus, counts), nil
}

// updateFree looks what the GPUs have left, now that the weights are there: the
// driver takes some memory too.
func (m *Model) updateFree() {
	devices := Devices()
	for i := range m.gpus {
		g := &m.gpus[i]
		g.left = max(0, min(g.left, m.config.usable(devices[g.index])-g.drawing))
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
	host := 1.0 // the part of the KV cache that no GPU has
	for _, g := range m.gpus {
		if part := g.kvPart(m.layers); part > 0 {
			room = min(room, int64(float64(g.left)/(float64(m.kvCell)*part)))
			host -= part
		}
	}
	if least := 0.5 / float64(m.layers); m.config.Memory <= 0 && host > least { // less than a layer is none
		room = min(room, int64(float64(availableMemory()/2)/(float64(m.kvCell)*host)))
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

// OnGPU tells whether Load would put any of a model on a GPU.
func OnGPU(c Config) (bool, error) {
	initialise()
	f, err := gguf.OpenModel(c.Path)
	if err != nil {
		return false, err
	}
	m, err := planned(c, f)
	return err == nil && len(m.gpus) > 0, err
}

// ErrMemory is what errors wrap that come of a GPU's memory being short, as far as
// llama.cpp tells.
var ErrMemory = errors.New("if a GPU's memory is short, put fewer layers there ('--gpu-layers N', or none)")

// noMemory makes err an ErrMemory where layers lie on GPUs and llama.cpp, whose log
// is in the text, speaks of memory.
func (m *Model) noMemory(format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	if text := strings.ToLower(err.Error()); len(m.gpus) > 0 && (strings.Contains(text, "alloc") || strings.Contains(text, "memory")) {
		return fmt.Errorf("%w; %w", err, ErrMemory)
	}
	return err
}
