package sched

import (
	"bytes"
	"strings"
)

// addPiece appends a token's text and cuts at the earliest stop string, which
// may have begun in earlier pieces. It reports whether one was found.
func (s *sample) addPiece(piece string, stop []string) bool {
	before := len(s.text)
	s.text = append(s.text, piece...)
	cut := -1
	for _, w := range stop {
		if w == "" {
			continue
		}
		from := max(0, before-len(w)+1)
		if i := bytes.Index(s.text[from:], []byte(w)); i >= 0 && (cut < 0 || from+i < cut) {
			cut = from + i
		}
	}
	if cut < 0 {
		return false
	}
	s.text = s.text[:cut]
	return true
}

// string is the text; a character cut in half by a limit becomes U+FFFD.
func (s *sample) string() string {
	return strings.ToValidUTF8(string(s.text), "\uFFFD")
}
