package term

import (
	"bytes"
	"testing"
)

// The foot is drawn in its own place, also where a narrower terminal has broken its
// lines, and what is written meanwhile stands above it.
func TestScreen(t *testing.T) {
	var out bytes.Buffer
	s := NewScreen(&out)
	if s.Width() != usualWidth {
		t.Errorf("no terminal is %d wide", s.Width())
	}
	width := 10
	s.width = func() int { return width }
	step := func(what, want string, do func()) {
		t.Helper()
		out.Reset()
		do()
		if out.String() != want {
			t.Errorf("%s: %q, want %q", what, out.String(), want)
		}
	}
	write := func(text string) func() {
		return func() {
			if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%d of %d bytes: %v", n, len(text), err)
			}
		}
	}
	step("text", "a\n", write("a\n"))
	step("foot", "one\n123456789\n", func() { s.Draw([]string{"one", "123456789"}) })
	step("again", "\x1b[2A\r\x1b[Jtwo\n123456789\n", func() { s.Draw([]string{"two", "123456789"}) })
	width = 4
	step("narrower", "\x1b[4A\r\x1b[J3\n", func() { s.Draw([]string{"3"}) })
	step("text above it", "\x1b[1A\r\x1b[Jb\n", write("b\n"))
	step("and then the foot", "4\n", func() { s.Draw([]string{"4"}) })
	step("it stays", "c\n", func() { s.Leave(); write("c\n")() })
}
