// Package term keeps what files, programs and servers say from commanding the
// terminal it is shown on.
package term

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Writer passes text on with every character spelled out that a terminal could
// obey or that is not seen: control characters but for line breaks and tabs, and
// Unicode's format characters, which turn the direction of writing. They appear
// as JSON spells them (\u001b), so that JSON stays the JSON it was; bytes that
// are no UTF-8 appear as \x9b. It is safe for concurrent use.
type Writer struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte // the beginning of a character whose end has yet to come
}

// NewWriter makes a Writer in front of w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := p
	if len(w.rest) > 0 {
		text = append(w.rest, p...)
	}
	whole := len(text) - unfinished(text)
	out := text[:whole]
	w.rest = append([]byte(nil), text[whole:]...)
	if !clean(out) {
		out = []byte(spell(string(out), "\n\t"))
	}
	if len(out) > 0 {
		if _, err := w.w.Write(out); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Flush writes what was held back for the rest of a character.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := spell(string(w.rest), "")
	w.rest = nil
	if rest == "" {
		return nil
	}
	_, err := io.WriteString(w.w, rest)
	return err
}

// unfinished is the length of the part of a character at the end of text.
func unfinished(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// clean tells whether text is nothing but visible ASCII and line breaks.
func clean(text []byte) bool {
	for _, c := range text {
		if (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return false
		}
	}
	return true
}

// Line is a text for one line or a cell of a table: line breaks and tabs are
// spelled out too.
func Line(text string) string { return spell(text, "") }

// spell spells characters out, except those in but.
func spell(text, but string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case strings.ContainsRune(but, r) || !commands(r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := (r-0x10000)>>10+0xd800, (r-0x10000)&0x3ff+0xdc00
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// commands tells whether a terminal might obey r instead of showing it. Format
// characters that join letters or pictures only, and Arabic signs that stand for
// themselves, are text.
func commands(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	switch {
	case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
		return true
	case unicode.Is(unicode.Cf, r):
		return r != nonJoiner && r != joiner && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
	}
	return false
}
