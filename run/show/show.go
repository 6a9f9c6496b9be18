// Package show tells people how far work is: by bars on a terminal, by lines
// elsewhere.
package show

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Every is the pause between lines of progress.
const Every = 5 * time.Second

// Lines writes a line every few seconds, until done is closed, and a last one then.
func Lines(w io.Writer, phases []Phase, done <-chan struct{}) {
	c := newClock(phases)
	tick := time.NewTicker(Every)
	defer tick.Stop()
	told := false
	for {
		select {
		case <-done:
			if told { // what took no time needs no last word
				fmt.Fprintln(w, c.line(time.Now()))
			}
			return
		case now := <-tick.C:
			told = true
			fmt.Fprintln(w, c.line(now))
		}
	}
}

// line is how far everything is.
func (c *clock) line(now time.Time) string {
	var parts []string
	for k, p := range c.phases {
		n := p.Count()
		if n.Planned == 0 {
			continue
		}
		_, all := n.all()
		text := fmt.Sprintf("%d of %s %s", n.Done, all, p.Unit)
		if rate := c.rate(k, n, now); rate != "" {
			text += " (" + rate + ")"
		}
		parts = append(parts, text)
	}
	line := roundTo(now.Sub(c.start)).String() + ": " + strings.Join(parts, ", ")
	if left, ok := c.left(now); ok {
		line += fmt.Sprintf(", about %s left", roundTo(left))
	}
	return line
}

// roundTo keeps durations readable: tenths of a second at most.
func roundTo(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(time.Second)
	}
	return d.Round(100 * time.Millisecond)
}
