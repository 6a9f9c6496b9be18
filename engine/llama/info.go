package llama

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"math"
	"sync"

	"coderm/weights/gguf"
)

// Info describes a loaded model.
type Info struct {
	Path         string   `json:"path"`
	Name         string   `json:"name"`
	Architecture string   `json:"architecture"`
	Description  string   `json:"description"` // llama.cpp's words: type, size, quantization
	Quantization string   `json:"quantization"`
	Parameters   uint64   `json:"parameters"`
	Bytes        uint64   `json:"bytes"` // of all tensors
	Vocab        int      `json:"vocab"`
	Embedding    int      `json:"embedding"` // length of a hidden state
	Layers       int      `json:"layers"`
	TrainContext int      `json:"train_context"`
	AddBOS       bool     `json:"add_bos"`
	BOS          string   `json:"bos"` // text of the tokens, as chat templates use it
	EOS          string   `json:"eos"`
	TokenBytes   uint64   `json:"token_bytes"`       // of weights read to decode one token
	GPULayers    int      `json:"gpu_layers"`        // of Layers and the output
	GPUs         []Device `json:"gpus,omitempty"`    // that they are on, as they were before
	OnGPUs       []int    `json:"on_gpus,omitempty"` // layers on each of them
	KVType       KVType   `json:"kv_type"`
	Batch        int      `json:"batch"` // rows computed at once
	Threads      int      `json:"threads"`
}

// Info describes the model.
func (m *Model) Info() Info { return m.info }

// readInfo fills in info, and refuses what cannot be batched with shared prompts.
func (m *Model) readInfo(f *gguf.File) error {
	// coderm_model_info coderm_model_about(const coderm_model *m)
	a := C.coderm_model_about(m.model)
	var desc [256]C.char
	// int coderm_model_desc(const coderm_model *m, char *out, size_t cap)
	C.coderm_model_desc(m.model, &desc[0], C.size_t(len(desc)))
	m.describeFile(f)
	i := &m.info
	i.Description = C.GoString(&desc[0])
	i.Parameters, i.Bytes = uint64(a.params), uint64(a.bytes)
	i.Vocab, i.Embedding, i.Layers, i.TrainContext = int(a.n_vocab), int(a.n_embd), int(a.n_layer), int(a.n_ctx_train)
	i.AddBOS, i.BOS, i.EOS = a.add_bos != 0, m.tokenText(int32(a.bos)), m.tokenText(int32(a.eos))
	switch {
	case a.encoder != 0:
		return fmt.Errorf("load model %s: %s is an encoder-decoder model; coderm runs decoders", m.config.Path, m.info.Architecture)
	case a.recurrent != 0:
		return fmt.Errorf("load model %s: the state of %s, a recurrent model, cannot be shared between samples; use a transformer", m.config.Path, m.info.Architecture)
	}
	m.window = a.n_swa > 0
	return nil
}

// describeFile fills in what is known before the model is loaded.
func (m *Model) describeFile(f *gguf.File) {
	context, _ := f.Arch("context_length")
	m.info = Info{
		Path:         m.config.Path,
		Name:         f.Text("general.name"),
		Architecture: f.Architecture(),
		Quantization: quantization(f),
		TrainContext: int(context),
		TokenBytes:   tokenBytes(f),
		Batch:        m.config.Batch,
		GPULayers:    m.config.GPULayers,
		KVType:       m.config.KVType,
		GPUs:         m.gpuDevices(),
		Threads:      m.config.Threads,
	}
	for _, g := range m.gpus {
		m.info.OnGPUs = append(m.info.OnGPUs, g.layers)
	}
	key, value := headSizes(f)
	m.tile = tileRows(f)
	m.attends = usableKernels().attend != nil && key > 0 && key%16 == 0 && value > 0 && value%16 == 0
}

// quantization names the type most of the weights have.
func quantization(f *gguf.File) string {
	bytes := map[gguf.Type]int64{}
	var most gguf.Type
	for _, t := range f.Tensors {
		if bytes[t.Type] += int64(t.Bytes); bytes[t.Type] > bytes[most] {
			most = t.Type
		}
	}
	return most.String()
}

// tokenBytes is what of the weights a token needs: all but the embedding table,
// of which it reads a row, unless that serves as the output too.
func tokenBytes(f *gguf.File) uint64 {
	_, own := f.Tensor("output.weight")
	n := uint64(0)
	for _, t := range f.Tensors {
		if t.Name != "token_embd.weight" || !own {
			n += uint64(t.Bytes)
		}
	}
	return n
}

// headSizes gives the length of a head's keys and values.
func headSizes(f *gguf.File) (key, value int64) {
	heads, _ := f.Arch("attention.head_count")
	if embd, ok := f.Arch("embedding_length"); ok && heads > 0 {
		key = embd / heads
		value = key
	}
	if k, ok := f.Arch("attention.key_length"); ok {
		key = k
	}
	if v, ok := f.Arch("attention.value_length"); ok {
		value = v
	}
	return key, value
}

// tileRows is for how many rows of a batch ggml's fused attention for CUDA reads a
// cell once: its widest tile has 64 columns, of which heads that share keys and values
// take up to 8 (ggml-cuda/fattn.cu).
func tileRows(f *gguf.File) int {
	heads, _ := f.Arch("attention.head_count")
	shared := int64(1)
	if kv, ok := f.Arch("attention.head_count_kv"); ok && kv > 0 {
		shared = max(1, heads/kv)
	}
	columns := 1
	for columns < 8 && int64(columns) < shared {
		columns *= 2
	}
	return 64 / columns
}

// kvBytes is the size of one position's keys and values in 16-bit floats, in
// all layers.
func kvBytes(f *gguf.File) int64 {
	layers, _ := f.Arch("block_count")
	heads, _ := f.Arch("attention.head_count")
	key, value := headSizes(f)
	// Heads may share them, as many in all layers or not.
	all := layers * heads
	if v, ok := f.Value(f.Architecture() + ".attention.head_count_kv"); ok {
		if n, ok := v.Int(); ok {
			all = layers * n
		} else if each, ok := v.Ints(); ok {
			all = 0
			for _, n := range each {
				all += n
			}
		}
	}
	return max(1, 2*all*(key+value))
}

// vocabulary is the number of a model's tokens.
func vocabulary(f *gguf.File) int {
	if t, ok := f.Tensor("token_embd.weight"); ok && len(t.Shape) == 2 {
		return int(min(t.Shape[1], math.MaxInt32))
	}
	return 0
}

// Level is that of the processor's instructions which llama.cpp computes with, and those
// it was built for, as scripts/build-llama.sh names them.
func Level() string {
	// const char *coderm_level(void)
	// const char *coderm_levels(void)
	return C.GoString(C.coderm_level()) + ", of" + C.GoString(C.coderm_levels())
}

// Version names llama.cpp's source.
func Version() string {
	// const char *coderm_llama_version(void)
	return C.GoString(C.coderm_llama_version())
}

// SystemInfo says what the CPU kernels were compiled for.
func SystemInfo() string { return systemInfo() }

// Once: llama.cpp has one place for the text and writes it anew on every call.
var systemInfo = sync.OnceValue(func() string {
	initialise()
	// const char *coderm_system_info(void)
	return C.GoString(C.coderm_system_info())
})
