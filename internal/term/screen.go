package term

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// Screen passes text on to a terminal and keeps lines that change below it. It is
// safe for concurrent use.
type Screen struct {
	mu    sync.Mutex
	w     io.Writer
	width func() int
	foot  []string // the lines that stand below
}

// usualWidth is that of a terminal which does not tell.
const usualWidth = 80

// NewScreen makes a Screen in front of w.
func NewScreen(w io.Writer) *Screen {
	s := &Screen{w: w, width: func() int { return usualWidth }}
	if f, ok := w.(*os.File); ok {
		s.width = func() int {
			if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
				return width
			}
			return usualWidth
		}
	}
	return s
}

// Width is the number of columns.
func (s *Screen) Width() int { return s.width() }

// Write implements io.Writer: whole lines go above the foot, which is drawn again by
// the next Draw.
func (s *Screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.foot) == 0 {
		return s.w.Write(p)
	}
	var b bytes.Buffer
	s.erase(&b)
	head := b.Len()
	b.Write(p)
	n, err := s.w.Write(b.Bytes())
	return max(0, n-head), err
}

// Draw has lines stand at the foot in the place of the last ones. They are ASCII, and
// shorter than the terminal is wide.
func (s *Screen) Draw(lines []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b bytes.Buffer
	s.erase(&b)
	for _, line := range lines {
		b.WriteString(line + "\n")
	}
	s.foot = lines
	s.w.Write(b.Bytes()) // what nobody sees any more is no failure
}

// Leave has the foot stay where it is, as text.
func (s *Screen) Leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.foot = nil
}

// erase takes the foot away. Where the terminal has become narrower since, a line of it
// stands in several rows.
func (s *Screen) erase(b *bytes.Buffer) {
	if len(s.foot) == 0 {
		return
	}
	rows, width := 0, s.width()
	for _, line := range s.foot {
		rows += max(1, (len(line)+width-1)/width)
	}
	fmt.Fprintf(b, "\x1b[%dA\r\x1b[J", rows)
	s.foot = nil
}
