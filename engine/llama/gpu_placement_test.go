package llama

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/weights/gguf"
)

const gib = 1 << 30

// llama8B is Llama-3.1-8B at Q4_K_M: 32 layers of 131 MiB, an output of 411 MiB.
func llama8B() sizes {
	s := sizes{weights: slices.Repeat([]int64{131 << 20}, 33), kv: 4096}
	s.weights[32] = 411 << 20
	return s
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		name      string
		free      []int64
		most      int
		positions int
		want      []int
	}{
		{"no GPU", nil, 33, kvFirst, []int{}},
		{"all on a large one", []int64{80 * gib}, 33, kvFirst, []int{33}},
		// 32 layers with 64 MiB of cache each, and the output: 6,651 MiB.
		{"just all", []int64{6651 << 20}, 33, kvFirst, []int{33}},
		{"a byte less", []int64{6651<<20 - 1}, 33, kvFirst, []int{32}},
		{"half", []int64{4 * gib}, 33, kvFirst, []int{19}},
		{"fewer positions, more layers", []int64{4 * gib}, 33, kvLeast, []int{28}},
		{"the output alone", []int64{500 << 20}, 33, kvFirst, []int{1}},
		{"not even that", []int64{400 << 20}, 33, kvFirst, []int{0}},
		{"as many as asked for", []int64{80 * gib}, 10, kvFirst, []int{10}},
		// The output takes what three layers take.
		{"two alike", []int64{10 * gib, 10 * gib}, 33, kvFirst, []int{16, 17}},
		{"a small and a large one", []int64{4 * gib, 12 * gib}, 33, kvFirst, []int{8, 25}},
		{"none on a full one", []int64{0, 8 * gib}, 33, kvFirst, []int{0, 33}},
		{"two that hold it together", []int64{3 * gib, 4 * gib}, 33, kvFirst, []int{15, 18}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, llama8B().place(tt.free, tt.most, tt.positions)); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestPlaceDrawing: what drawing takes counts where the output is.
func TestPlaceDrawing(t *testing.T) {
	s := llama8B()
	s.drawing = 525 << 20
	for _, tt := range []struct {
		free []int64
		want []int
	}{
		{[]int64{(6651 + 525) << 20}, []int{33}},
		{[]int64{(6651+525)<<20 - 1}, []int{32}},
		{[]int64{935 << 20}, []int{0}}, // the output has no room
		{[]int64{936 << 20}, []int{1}},
		{[]int64{10 * gib, 10 * gib}, []int{17, 16}},
	} {
		if d := cmp.Diff(tt.want, s.place(tt.free, 33, kvFirst)); d != "" {
			t.Errorf("%v: %s", tt.free, d)
		}
	}
}

// TestPlaceBest: no other division of the same layers leaves room for more, and
// one more layer does not fit in any.
func TestPlaceBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		s := sizes{kv: 1 + rng.Int64N(8), drawing: rng.Int64N(2000)}
		for range 2 + rng.IntN(6) {
			s.weights = append(s.weights, 1+rng.Int64N(4000))
		}
		free := make([]int64, 1+rng.IntN(3))
		for i := range free {
			free[i] = rng.Int64N(20000)
		}
		const positions = 100
		got := s.place(free, len(s.weights), positions)
		n := sum(got)
		room := func(counts []int) int64 { return s.roomWith(free, counts) }
		best, more := int64(-1), int64(-1)
		for _, counts := range divisions(n, len(free)) {
			best = max(best, room(counts))
		}
		for _, counts := range divisions(n+1, len(free)) {
			if n < len(s.weights) {
				more = max(more, room(counts))
			}
		}
		if n > 0 && (room(got) < positions || room(got) <= best-cellPad) {
			t.Fatalf("%v on %v: %v has room for %d positions, another division for %d", s, free, got, room(got), best)
		}
		if more >= positions {
			t.Fatalf("%v on %v: %v, but one more layer has room for %d positions", s, free, got, more)
		}
	}
}

// roomWith is for how many positions of KV cache there is room when the layers
// are divided so; -1 when not even for the weights.
func (s sizes) roomWith(free []int64, counts []int) int64 {
	gpus := make([]share, len(free))
	for i, f := range free {
		gpus[i].Free, gpus[i].Total = uint64(f+gpuMargin), uint64(f+gpuMargin)
	}
	room := int64(1 << 40)
	for _, g := range s.shares(&Config{}, gpus, counts) {
		switch {
		case g.left < 0:
			return -1
		case g.kv > 0:
			room = min(room, g.left/(s.kv*int64(g.kv)))
		}
	}
	return room
}

// divisions are all ways to put n layers on so many GPUs.
func divisions(n, gpus int) [][]int {
	if gpus == 1 {
		return [][]int{{n}}
	}
	var all [][]int
	for first := range n + 1 {
		for _, rest := range divisions(n-first, gpus-1) {
			all = append(all, append([]int{first}, rest...))
		}
	}
	return all
}

func TestComputing(t *testing.T) {
	cpu := Device{Name: "CPU", Backend: "CPU"}
	device := func(backend, id string, integrated bool) Device {
		return Device{Backend: backend, ID: id, GPU: true, Integrated: integrated}
	}
	for _, tt := range []struct {
		name    string
		devices []Device
		want    []int
	}{
		{"none", []Device{cpu}, nil},
		{"one seen by two backends", []Device{device("CUDA", "0000:01:00.0", false), device("Vulkan", "0000:01:00.0", false), cpu}, []int{0}},
		{"two", []Device{device("CUDA", "0000:01:00.0", false), device("CUDA", "0000:02:00.0", false), cpu}, []int{0, 1}},
		{"of unknown place", []Device{device("Vulkan", "", false), device("Vulkan", "", false)}, []int{0, 1}},
		{"an integrated one beside", []Device{device("Vulkan", "0000:00:02.0", true), device("Vulkan", "0000:01:00.0", false)}, []int{1}},
		{"integrated only, by two backends", []Device{device("CUDA", "", true), device("Vulkan", "", true), cpu}, []int{0}},
	} {
		if d := cmp.Diff(tt.want, computing(tt.devices)); d != "" {
			t.Errorf("%s: %s", tt.name, d)
		}
	}
}

func TestUsable(t *testing.T) {
	host := availableMemory() / 2
	for _, tt := range []struct {
		name   string
		device Device
		want   int64
	}{
		{"free", Device{Free: 8 * gib, Total: 10 * gib}, 7 * gib},
		{"nearly full", Device{Free: gib / 2, Total: 10 * gib}, 0},
		{"more free than there is", Device{Free: 1 << 60, Total: 10 * gib}, 9 * gib},
		{"integrated", Device{Free: 1 << 40, Total: 1 << 40, Integrated: true}, host - gib},
		{"unknown", Device{}, host - gib},
	} {
		// What the host has changes from moment to moment.
		if got := new(Config).usable(tt.device); max(got-tt.want, tt.want-got) > gib/2 {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// TestSmaller: each time after a GPU ran out of memory less of it is used, until the
// CPU has all.
func TestSmaller(t *testing.T) {
	d := Device{Free: 80 * gib, Total: 80 * gib}
	last := int64(80 * gib)
	for n := range 9 {
		got := (&Config{Smaller: n, Reserve: 2 * gib}).usable(d)
		if want := int64(78-10*n) * gib; got != max(0, want) || got >= last {
			t.Errorf("%d times smaller: %d GiB", n, got/gib)
		}
		last = got
	}
}

// TestSizes: what the layers take, as read off a file, is all that llama.cpp
// loads.
func TestSizes(t *testing.T) {
	m := tiny(t, Config{})
	f, err := gguf.Open(m.config.Path)
	if err != nil {
		t.Fatal(err)
	}
	s := sizesOf(f)
	if len(s.weights) != m.info.Layers+1 {
		t.Fatalf("%d layers, want %d and the output", len(s.weights), m.info.Layers)
	}
	total := int64(0)
	for _, w := range s.weights {
		if w <= 0 {
			t.Errorf("a layer without weights: %v", s.weights)
		}
		total += w
	}
	if _, own := f.Tensor("output.weight"); own {
		e, _ := f.Tensor("token_embd.weight")
		total += int64(e.Bytes)
	}
	if total != int64(m.info.Bytes) {
		t.Errorf("%d bytes, llama.cpp says %d", total, m.info.Bytes)
	}
}

// TestRoom: positions are bounded by each GPU's memory for the layers it has,
// and by the host's for the rest.
func TestRoom(t *testing.T) {
	const cell = 32 * 4096
	for _, tt := range []struct {
		name   string
		memory int64
		gpus   []share
		want   int64
	}{
		{"all on one", 0, []share{{kv: 32, left: cell * 1000}}, 1000},
		{"the fuller one decides", 0, []share{{kv: 16, left: cell * 1000}, {kv: 16, left: cell * 600}}, 1200},
		{"asked for less", cell * 500, []share{{kv: 32, left: cell * 1000}}, 500},
		{"the output alone", cell * 500, []share{{kv: 0, left: 1}}, 500},
		{"half on the host", 0, []share{{kv: 16, left: cell * 1000}}, min(2000, availableMemory()/2*2/cell)},
		{"full", 0, []share{{kv: 32}}, 0},
	} {
		m := schedModel{&Model{config: Config{Memory: tt.memory}, layers: 32, kvCell: cell, gpus: tt.gpus}}
		if got, want := m.room(), int(tt.want)/cellPad*cellPad; got != want {
			t.Errorf("%s: %d positions, want %d", tt.name, got, want)
		}
	}
}

// TestAskedLayers: more layers than fit are refused with what to ask for
// instead.
func TestAskedLayers(t *testing.T) {
	gpu(t)
	m := tiny(t, Config{})
	f, err := gguf.Open(m.config.Path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Tensors {
		f.Tensors[i].Bytes <<= 20
	}
	m = &Model{config: Config{GPULayers: 2}, log: m.log}
	if err := m.offload(f); err == nil || !strings.Contains(err.Error(), "of 2 layers asked for, the GPU has room for 0") {
		t.Error(err)
	}
}
