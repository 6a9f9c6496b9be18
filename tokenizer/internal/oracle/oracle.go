// Package oracle is llama.cpp's own tokenizer, for tests alone: it loads only
// the vocabulary of a GGUF file. Nothing outside tests imports it.
package oracle

/*
#cgo CPPFLAGS: -I${SRCDIR}/../../../build/llama/include
#cgo LDFLAGS: -L${SRCDIR}/../../../build/llama/lib -lllama -lggml -lggml-cpu -lggml-base -l:libgomp.a -lstdc++ -lm -lpthread -ldl
#include <stdlib.h>
#include "llama.h"

static void coderm_quiet(enum ggml_log_level level, const char *text, void *data) {}

static struct llama_model *coderm_load_vocab(const char *path) {
	llama_log_set(coderm_quiet, NULL);
	struct llama_model_params p = llama_model_default_params();
	p.vocab_only = true;
	return llama_model_load_from_file(path, p);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"unsafe"
)

// Vocab is a vocabulary in llama.cpp's memory; Close frees it.
type Vocab struct {
	model *C.struct_llama_model
	vocab *C.struct_llama_vocab
}

// Open loads the vocabulary of the GGUF file at path.
func Open(path string) (*Vocab, error) {
	s := C.CString(path)
	defer C.free(unsafe.Pointer(s))
	m := C.coderm_load_vocab(s)
	if m == nil {
		return nil, fmt.Errorf("llama.cpp cannot load the vocabulary of %s", path)
	}
	return &Vocab{m, C.llama_model_get_vocab(m)}, nil
}

// Close frees the vocabulary.
func (v *Vocab) Close() { C.llama_model_free(v.model) }

// Tokenize returns the ids of text; special parses the text of control tokens.
func (v *Vocab) Tokenize(text string, special bool) ([]int32, error) {
	ids := make([]int32, len(text)+16)
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	n := C.llama_tokenize(v.vocab, s, C.int32_t(len(text)), (*C.llama_token)(unsafe.Pointer(&ids[0])), C.int32_t(len(ids)), false, C.bool(special))
	if n < 0 {
		return nil, errors.New("llama_tokenize failed")
	}
	return ids[:n], nil
}

// Size is the number of tokens.
func (v *Vocab) Size() int { return int(C.llama_vocab_n_tokens(v.vocab)) }

// Piece is what the token id decodes to, control tokens included.
func (v *Vocab) Piece(id int32) string {
	buf := make([]byte, 512)
	n := C.llama_token_to_piece(v.vocab, C.llama_token(id), (*C.char)(unsafe.Pointer(&buf[0])), C.int32_t(len(buf)), 0, true)
	return string(buf[:max(n, 0)])
}
