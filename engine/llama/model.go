// Package llama runs a GGUF model in this process through llama.cpp, which
// scripts/build-llama.sh builds into build/llama. The C boundary is shim.h; the
// order of work is package sched's.
package llama

/*
#cgo CPPFLAGS: -I${SRCDIR}/../../build/llama/include
// GPU backends are libraries loaded at run time, which take ggml's functions from
// this program (-rdynamic).
#cgo CFLAGS: -O3
#cgo CXXFLAGS: -O3 -std=c++17
// attention.cpp and gemm.cpp stand in for these.
#cgo LDFLAGS: -Wl,--wrap=ggml_compute_forward_flash_attn_ext -Wl,--wrap=llamafile_sgemm
#cgo LDFLAGS: -Wl,--wrap=ggml_gemm_q4_0_8x8_q8_0 -Wl,--wrap=ggml_gemm_iq4_nl_8x8_q8_0 -Wl,--wrap=ggml_gemm_q4_K_8x8_q8_K
#cgo LDFLAGS: -Wl,--wrap=ggml_gemv_q4_0_8x8_q8_0 -Wl,--wrap=ggml_gemv_iq4_nl_8x8_q8_0 -Wl,--wrap=ggml_gemv_q4_K_8x8_q8_K
// shim.cpp stands in for a constructor, to change an argument.
#cgo LDFLAGS: -Wl,--wrap=_ZN14llama_kv_cacheC1ERK11llama_modelRK13llama_hparams9ggml_typeS6_bbbjjjj14llama_swa_typeP14llama_memory_iRKSt8functionIFbiEERKSA_IFiiEESI_PKc
#cgo LDFLAGS: -L${SRCDIR}/../../build/llama/lib -lllama -lggml -lggml-cpu -lggml-base -rdynamic -l:libgomp.a -lstdc++ -lm -lpthread -ldl
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"coderm/engine"
	"coderm/engine/sched"
	"coderm/weights/gguf"
)

// Config says how to load a model and how to run it. The zero value of every
// field but Path is a good choice.
type Config struct {
	Path string
	// Threads computes with this many threads; 0 = every core this process may
	// use.
	Threads int
	// GPULayers puts this many layers on GPUs, the output counting as one; 0 = as
	// many as fit, when a GPU was found; negative = none.
	GPULayers int
	// Split, MainGPU and TensorSplit say how several GPUs divide a model: see
	// gpu_split.go.
	Split       Split
	MainGPU     int
	TensorSplit []float32
	// Reserve is left free on each GPU, in bytes; 0 = 1 GiB. With less than 0 more is
	// planned than there is, which is of use to tests.
	Reserve int64
	// Smaller makes a smaller plan than the others say, after a GPU ran out of
	// memory: each time half of the samples at once, and an eighth more of each GPU
	// is left free.
	Smaller int
	// KVType is how keys and values are kept.
	KVType KVType
	// ContextTokens bounds prompt and completion together; 0 = what the model
	// was trained for.
	ContextTokens int
	// Parallel bounds the samples decoded at once; 0 = 32 on a CPU, 128 on a GPU.
	Parallel int
	// Batch is how many rows are computed at once; 0 = 512.
	Batch int
	// KV chooses the KV cache's layout; KVAuto follows the rule in context_shape.go.
	KV KV
	// Flash chooses how attention is computed; FlashAuto follows context_shape.go too.
	Flash Flash
	// Fixed computes every step in one shape, so that a sample's numbers do not
	// depend on what else is in the batch. It costs speed.
	Fixed bool
	// Steady computes few sizes of batches and draws tokens where the logits are
	// (sched/steady.go); SteadyAuto does where layers are on GPUs.
	Steady Steady
	// HostSampling draws on the host even so: for comparing.
	HostSampling bool
	// NoDraft computes only rows that are certain to count: see row_cost.go for when
	// others are.
	NoDraft bool
	// Memory bounds the KV cache, in bytes; 0 = half of the host's memory that is
	// available. GPUs bound their part by what they have.
	Memory int64
	// NoMmap reads the file instead of mapping it, NoRepack keeps its weights as
	// they are: slower, but in less memory.
	NoMmap, NoRepack bool
	// Log receives what is decided on the way, and llama.cpp's own lines at
	// debug level; nil = nothing.
	Log *slog.Logger `json:"-"`
}

// KV is the layout of the KV cache.
type KV int

// The layouts: one buffer for all sequences, or a stream for each.
const (
	KVAuto KV = iota
	KVUnified
	KVStreams
)

// Flash is how attention is computed.
type Flash int

// Fused into one step, which needs less memory, or as matrix products.
const (
	FlashAuto Flash = iota
	FlashOn
	FlashOff
)

// Steady tells whether batches are of few sizes.
type Steady int

// As the model's place says, or by order.
const (
	SteadyAuto Steady = iota
	SteadyOn
	SteadyOff
)

// Model is a loaded model. It is safe for concurrent use.
type Model struct {
	config      Config
	log         *slog.Logger
	info        Info
	model       *C.coderm_model
	pieces      []string // text of each token
	ends        []bool   // which tokens end a completion
	kvCell      int64    // bytes of KV cache a position takes
	layers      int      // the output not counted
	gpus        []share  // that have layers
	hostDrawing int64    // bytes of the host's memory, where tokens are drawn on a GPU
	window      bool     // attention forgets: positions cannot be taken back
	attends     bool     // on a CPU, with our attention
	tile        int      // rows for which a GPU's fused attention reads the cells once
	steps       stepCounts

	*sched.Scheduler
	closing sync.Once
}

var _ engine.Embedder = (*Model)(nil)

var start sync.Once // llama.cpp's own state is per process

// initialise starts llama.cpp and loads the GPU backends there are.
func initialise() {
	start.Do(func() {
		// void coderm_init(void)
		C.coderm_init()
		usableKernels().install()
		loadBackends()
	})
}

// Load reads a model. A file that is no GGUF, or half of one, is refused with
// an error that wraps gguf.ErrFormat.
func Load(ctx context.Context, c Config) (*Model, error) {
	initialise()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// llama.cpp trusts its input; the bounded reader does not.
	file, err := gguf.OpenModel(c.Path)
	if err != nil {
		return nil, fmt.Errorf("load model: %w", err)
	}
	m, err := planned(c, file)
	if err != nil {
		return nil, err
	}
	if err := m.load(); err != nil {
		return nil, err
	}
	if err := m.readInfo(file); err != nil {
		// void coderm_model_free(coderm_model *m)
		C.coderm_model_free(m.model)
		return nil, err
	}
	m.readVocab()
	m.drainLog()
	if len(m.gpus) > 0 {
		m.updateFree()
		m.log.Info("the model lies on GPUs", "layers", m.layerPlaces())
	}
	m.Scheduler = sched.New(schedModel{m}, m.log)
	return m, nil
}

// planned is a model of which it is decided where it lies, and that is not loaded.
func planned(c Config, file *gguf.File) (*Model, error) {
	m := &Model{config: c, log: c.Log}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	m.applyDefaults()
	if err := m.offload(file); err != nil {
		return nil, fmt.Errorf("load model %s: %w", c.Path, err)
	}
	return m, nil
}

// applyDefaults fills in the defaults.
func (m *Model) applyDefaults() {
	c := &m.config
	if c.Threads <= 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	if c.Batch <= 0 {
		c.Batch = 512
	}
}

func (m *Model) load() error {
	path := C.CString(m.config.Path)
	defer C.free(unsafe.Pointer(path))
	var devices []C.int
	var split []C.float
	for _, g := range m.gpus {
		part := float64(g.layers)
		if g.part > 0 {
			part = g.part
		}
		devices, split = append(devices, C.int(g.index)), append(split, C.float(part))
	}
	takeLog()
	// coderm_model *coderm_model_load(const char *path, coderm_model_params p, const int *devices, const float *split, int n)
	m.model = C.coderm_model_load(path, C.coderm_model_params{
		mmap:       boolInt(!m.config.NoMmap),
		repack:     boolInt(!m.config.NoRepack),
		gpu_layers: C.int(m.config.GPULayers),
		split_mode: C.int(m.config.Split.mode()),
	}, unsafe.SliceData(devices), unsafe.SliceData(split), C.int(len(devices)))
	if m.model == nil {
		return m.noMemory("load model %s: llama.cpp refuses it: %s", m.config.Path, lastError(takeLog()))
	}
	return nil
}

// Close cancels what is running and frees the model.
func (m *Model) Close() {
	m.closing.Do(func() {
		m.Scheduler.Close()
		// void coderm_model_free(coderm_model *m)
		C.coderm_model_free(m.model)
	})
}

func boolInt(b bool) C.int {
	if b {
		return 1
	}
	return 0
}

// availableMemory is what the system could give out now, in bytes; without an
// answer (not Linux), 8 GiB.
func availableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 8 << 30
	}
	defer f.Close()
	var kib int64
	text, _ := io.ReadAll(f)
	for line := range lines(string(text)) {
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 8 << 30
}
