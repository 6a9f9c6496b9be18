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
		m.ends[i] = C.cm_is_eog(m.model, C.int32_t(i)) != 0
	}
}

// piece is the text of a token; of a special one, only with special.
func (m *Model) piece(token int32, special bool) string {
	buf := make([]byte, 64)
	for {
		n := int(C.cm_piece(m.model, C.int32_t(token), (*C.char)(unsafe.Pointer(&buf[0])), C.int(len(buf)), boolInt(special)))
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

// Tokenize gives the ids of a text such as a rendered chat template: names of
// special tokens in it (<|im_start|>) become their ids. bos adds the
// beginning-of-text token where the model wants one; templates often have their
// own.
func (m *Model) Tokenize(text string, bos bool) ([]int32, error) {
	ids := make([]int32, len(text)+8) // a token is at least a byte
	s := C.CString(text)
	defer C.free(unsafe.Pointer(s))
	n := int(C.cm_tokenize(m.model, s, C.int(len(text)), (*C.int32_t)(unsafe.Pointer(&ids[0])), C.int(len(ids)), boolInt(bos), 1))
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
	return C.GoString(C.cm_chat_template(m.model))
}

// Message is one turn of a conversation.
type Message struct{ Role, Content string }

// ApplyTemplate renders messages as llama.cpp does, which recognises a few
// dozen templates by their text. generation adds the head of the answer.
func (m *Model) ApplyTemplate(messages []Message, generation bool) (string, error) {
	template := C.cm_chat_template(m.model)
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
		out := make([]byte, size)
		k := int(C.cm_apply_template(template, &strs[0], &strs[n], C.int(n), boolInt(generation), (*C.char)(unsafe.Pointer(&out[0])), C.int(size)))
		switch {
		case k < 0:
			return "", fmt.Errorf("llama.cpp does not know the chat template of %s", m.config.Path)
		case k <= size:
			return string(out[:k]), nil
		}
		size = k
	}
}
