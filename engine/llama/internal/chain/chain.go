// Package chain draws tokens with llama.cpp's own chain of samplers. The engine
// does not use it: it is there to compare package kernels with, in what is
// drawn and in time.
package chain

/*
#cgo CPPFLAGS: -I${SRCDIR}/../../../../build/llama/include
#cgo LDFLAGS: -L${SRCDIR}/../../../../build/llama/lib -lllama -lggml -lggml-cpu -lggml-base -l:libgomp.a -lstdc++ -lm -lpthread -ldl
#include <stdlib.h>
#include "llama.h"

// As llama_sampler_sample does, but on logits of our own.
static llama_token coderm_chain_draw(struct llama_sampler *s, const float *logits, int32_t n, llama_token_data *cur) {
    for (int32_t i = 0; i < n; i++) cur[i] = (llama_token_data){i, logits[i], 0};
    llama_token_data_array a = {cur, (size_t)n, -1, false};
    llama_sampler_apply(s, &a);
    return a.data[a.selected].id;
}
*/
import "C"

import (
	"errors"
	"unsafe"

	"coderm/kernels"
)

// Chain is llama.cpp's samplers in the order of package kernels: top-k after
// the temperature, then top-p, then min-p. It must be closed.
type Chain struct {
	chain *C.struct_llama_sampler
	cur   *C.llama_token_data // [vocab], what the samplers work on
	vocab int
}

// New makes a chain for rows of vocab logits. The repetition penalty is not in it.
func New(vocab int, set kernels.Settings, seed uint32) (*Chain, error) {
	params := C.llama_sampler_chain_default_params()
	params.no_perf = true
	c := &Chain{
		chain: C.llama_sampler_chain_init(params),
		cur:   (*C.llama_token_data)(C.malloc(C.size_t(vocab) * C.sizeof_llama_token_data)),
		vocab: vocab,
	}
	if c.chain == nil || c.cur == nil {
		c.Close()
		return nil, errors.New("llama.cpp's sampler chain: no memory")
	}
	add := func(s *C.struct_llama_sampler) { C.llama_sampler_chain_add(c.chain, s) }
	if set.Temperature == 0 {
		add(C.llama_sampler_init_greedy())
		return c, nil
	}
	add(C.llama_sampler_init_temp(C.float(set.Temperature)))
	if set.TopK > 0 {
		add(C.llama_sampler_init_top_k(C.int32_t(set.TopK)))
	}
	if set.TopP > 0 {
		add(C.llama_sampler_init_top_p(C.float(set.TopP), 1))
	}
	if set.MinP > 0 {
		add(C.llama_sampler_init_min_p(C.float(set.MinP), 1))
	}
	add(C.llama_sampler_init_dist(C.uint32_t(seed)))
	return c, nil
}

// Close frees the chain.
func (c *Chain) Close() {
	if c.chain != nil {
		C.llama_sampler_free(c.chain)
	}
	C.free(unsafe.Pointer(c.cur))
	*c = Chain{}
}

// Draw draws the next token from logits [vocab].
func (c *Chain) Draw(logits []float32) int32 {
	return int32(C.coderm_chain_draw(c.chain, (*C.float)(&logits[0]), C.int32_t(c.vocab), c.cur))
}
