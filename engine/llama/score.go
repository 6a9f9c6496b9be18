package llama

/*
#include "shim.h"
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// scoreBatch is how many positions have logits at a time: of a 128k vocabulary
// 64 take 33 MB.
const scoreBatch = 64

// scorer computes a model's logits at every position of given texts, apart from
// the scheduler and with a context of its own.
type scorer struct {
	m    *Model
	c    *C.coderm_context
	size int // of the context, in tokens
}

// newScorer makes a scorer of texts of up to size tokens. An exact one keeps
// its cache in f32, unlike the engine.
func (m *Model) newScorer(size int, exact bool) (*scorer, error) {
	p := C.coderm_context_params{
		n_ctx: C.uint32_t(size), n_seq: 1, n_batch: scoreBatch, n_ubatch: scoreBatch,
		threads: C.int(m.config.Threads), unified: 1, flash: -1,
	}
	if exact {
		p.kv_f32, p.flash = 1, 0
	}
	// coderm_context *coderm_context_new(coderm_model *m, coderm_context_params p)
	c := C.coderm_context_new(m.model, p)
	if c == nil {
		return nil, m.noMemory("no context of %d tokens: %s", size, lastError(takeLog()))
	}
	return &scorer{m, c, size}, nil
}

// Close frees the context.
func (s *scorer) Close() {
	// void coderm_context_free(coderm_context *c)
	C.coderm_context_free(s.c)
}

// Reset forgets the text.
func (s *scorer) Reset() {
	// int coderm_seq_trim(coderm_context *c, int32_t seq, int32_t n)
	C.coderm_seq_trim(s.c, 0, 0)
}

// Score continues the text, which has pos tokens, by tokens, at most
// scoreBatch, and gives the logits of the last n of them: [n][vocabulary],
// valid until the next call.
func (s *scorer) Score(tokens []int32, pos, n int) ([][]float32, error) {
	if len(tokens) > scoreBatch || n > len(tokens) || pos+len(tokens) > s.size {
		return nil, fmt.Errorf("score %d tokens at %d of %d", len(tokens), pos, s.size)
	}
	positions, seq, out := make([]int32, len(tokens)), make([]int32, len(tokens)), make([]int8, len(tokens))
	for i := range tokens {
		positions[i] = int32(pos + i)
		if i >= len(tokens)-n {
			out[i] = 1
		}
	}
	if len(tokens) == 0 {
		return nil, nil
	}
	// int coderm_decode(coderm_context *c, int n, int32_t *token, int32_t *pos, int32_t *seq, int8_t *out, int hidden)
	r := C.coderm_decode(s.c, C.int(len(tokens)), (*C.int32_t)(&tokens[0]), (*C.int32_t)(&positions[0]), (*C.int32_t)(&seq[0]), (*C.int8_t)(&out[0]), 0)
	if r != 0 {
		return nil, fmt.Errorf("llama.cpp cannot decode (%d): %s", int(r), lastError(takeLog()))
	}
	rows := make([][]float32, 0, n)
	for i := len(tokens) - n; i < len(tokens); i++ {
		// float *coderm_logits(coderm_context *c, int i)
		p := C.coderm_logits(s.c, C.int(i))
		if p == nil {
			return nil, fmt.Errorf("no logits of row %d", i)
		}
		rows = append(rows, unsafe.Slice((*float32)(unsafe.Pointer(p)), s.m.info.Vocab))
	}
	return rows, nil
}
