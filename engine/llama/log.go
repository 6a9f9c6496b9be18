package llama

/*
#include "shim.h"
*/
import "C"

import (
	"iter"
	"strings"
	"unsafe"
)

// takeLog returns the newest of what llama.cpp logged since the last call.
func takeLog() string {
	b := make([]byte, 64<<10)
	// size_t coderm_log_take(char *out, size_t cap)
	n := C.coderm_log_take((*C.char)(unsafe.Pointer(&b[0])), C.size_t(len(b)))
	return string(b[:n])
}

// drainLog passes llama.cpp's lines on.
func (m *Model) drainLog() {
	for line := range lines(takeLog()) {
		m.log.Debug(line, "from", "llama.cpp")
	}
}

// lastError picks the lines that say why something failed: llama.cpp reports
// the cause first and then what could not be done because of it.
func lastError(log string) string {
	var found []string
	for line := range lines(log) {
		lower := strings.ToLower(line)
		if strings.Contains(lower, "error") || strings.Contains(lower, "fail") {
			found = append(found, line)
		}
	}
	switch {
	case len(found) > 0:
		return found[0]
	case strings.TrimSpace(log) != "":
		all := strings.Split(strings.TrimSpace(log), "\n")
		return all[len(all)-1]
	}
	return "it gives no reason"
}

// lines yields the lines that are not empty, without spaces around them.
func lines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !yield(line) {
				return
			}
		}
	}
}
