package llama

/*
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// readVocab copies the text of every token: some 100,000 calls once instead of
// one for every token drawn.
func (m *Model) readVocab() {
	n := m.info.Vocab
	m.pieces, m.ends = make([]string, n), make([]bool, n)
	for i := range n {
		m.pieces[i] = m.piece(int32(i), false)
		// int coderm_is_eog(const coderm_model *m, int32_t token)
		m.ends[i] = C.coderm_is_eog(m.model, C.int32_t(i)) != 0
	}
}

// piece is the text of a token; of a special one, only with special.
func (m *Model) piece(token int32, special bool) string {
	buf := make([]byte, 64)
	for {
		// int coderm_piece(const coderm_model *m, int32_t token, char *out, int cap, int special)
		n := int(C.coderm_piece(m.model, C.int32_t(token), (*C.char)(unsafe.Pointer(&buf[0])), C.int(len(buf)), boolInt(special)))
		if n >= 0 {
			return string(buf[:n])
		}
		buf = make([]byte, -n)
	}
}

// tokenText is the text of a special token; "" for none.
func (m *Model) tokenText(token int32) string {
	if token < 0 {
		return ""
	}
	return m.piece(token, true)
}

// maxText is how long a text may be for llama.cpp, which counts bytes and tokens in
// 32 bits.
const maxText = 1 << 30

// Tokenize gives the ids of a text such as a rendered chat template: names of
// special tokens in it (<|im_start|>) become their ids. bos adds the
// beginning-of-text token where the model wants one; templates often have their
// own.
func (m *Model) Tokenize(text string, bos bool) ([]int32, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("tokenize: a text of %d bytes, want at most %d", len(text), maxText)
	}
	ids := make([]int32, len(text)+8) // a token is at least a byte
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	// int coderm_tokenize(const coderm_model *m, const char *text, int len, int32_t *out, int cap, int add_special, int parse_special)
	n := int(C.coderm_tokenize(m.model, s, C.int(len(text)), (*C.int32_t)(unsafe.Pointer(&ids[0])), C.int(len(ids)), boolInt(bos), 1))
	if n < 0 {
		return nil, fmt.Errorf("tokenize: llama.cpp failed: %s", lastError(takeLog()))
	}
	return ids[:n], nil
}

// Detokenize gives the text of ids; special tokens have none.
func (m *Model) Detokenize(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		if id >= 0 && int(id) < len(m.pieces) {
			b.WriteString(m.pieces[id])
		}
	}
	return b.String()
}

// ChatTemplate is the model's own template, a Jinja text; empty when it has
// none.
func (m *Model) ChatTemplate() string {
	// const char *coderm_chat_template(const coderm_model *m)
	return C.GoString(C.coderm_chat_template(m.model))
}

// Message is one turn of a conversation.
type Message struct{ Role, Content string }

// ApplyTemplate renders messages as llama.cpp does, which recognises a few
// dozen templates by their text. generation adds the head of the answer.
func (m *Model) ApplyTemplate(messages []Message, generation bool) (string, error) {
	// const char *coderm_chat_template(const coderm_model *m)
	template := C.coderm_chat_template(m.model)
	if template == nil {
		return "", errors.New("the model has no chat template")
	}
	n := len(messages)
	if n == 0 {
		return "", errors.New("apply chat template: no messages")
	}
	size := 256
	strs := make([]*C.char, 2*n)
	for i, msg := range messages {
		strs[i], strs[n+i] = C.CString(msg.Role), C.CString(msg.Content)
		size += len(msg.Role) + 2*len(msg.Content)
	}
	defer func() {
		for _, s := range strs {
			C.free(unsafe.Pointer(s))
		}
	}()
	for {
		if size > maxText {
			return "", fmt.Errorf("apply chat template: messages of more than %d bytes", maxText)
		}
		out := make([]byte, size)
		// int coderm_apply_template(const char *tmpl, const char **roles, const char **contents, int n, int add_generation_prompt, char *out, int cap)
		k := int(C.coderm_apply_template(template, &strs[0], &strs[n], C.int(n), boolInt(generation), (*C.char)(unsafe.Pointer(&out[0])), C.int(size)))
		switch {
		case k < 0:
			return "", fmt.Errorf("llama.cpp does not know the chat template of %s", m.config.Path)
		case k <= size:
			return string(out[:k]), nil
		}
		size = k
	}
}
