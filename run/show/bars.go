package show

import (
	"fmt"
	"strings"
	"time"

	"coderm/internal/term"
)

// Bars draws a bar for each phase at the foot of a terminal, until done is closed. The
// last state stays on the screen.
func Bars(s *term.Screen, phases []Phase, done <-chan struct{}) {
	c := newClock(phases)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		s.Draw(c.bars(s.Width(), time.Now()))
		select {
		case <-done:
			c.end(time.Now())
			s.Draw(c.bars(s.Width(), time.Now()))
			s.Leave()
			return
		case <-tick.C:
		}
	}
}

// The width of a bar without its ends: what is narrower says nothing.
const narrowest, widest = 4, 40

// bars are the lines of all phases, shorter than width. Where there is not enough room
// the rates go first, and then the bars.
func (c *clock) bars(width int, now time.Time) []string {
	counts := make([]Count, len(c.phases))
	head, rate, rest := make([]string, len(c.phases)), make([]string, len(c.phases)), make([]string, len(c.phases))
	names, numbers, besides, withRates := 0, 0, 0, 0
	for k, p := range c.phases {
		counts[k] = p.Count()
		head[k], rate[k], rest[k] = counts[k].of(), c.rate(k, counts[k], now), c.time(k, counts[k], now)
		names, numbers = max(names, len(p.Name)), max(numbers, len(head[k]))
		besides, withRates = max(besides, len(rest[k])), max(withRates, len(rate[k])+1+len(rest[k]))
	}
	room := width - 1 - names - numbers - len("  [] ") // of bar and what is beside it
	if room-withRates < narrowest {
		clear(rate)
		withRates = besides
	}
	bar := min(widest, room-withRates)
	lines := make([]string, len(c.phases))
	for k, p := range c.phases {
		line := fmt.Sprintf("%-*s %*s ", names, p.Name, numbers, head[k])
		if bar >= narrowest {
			line += "[" + counts[k].bar(bar) + "] "
		}
		line += strings.TrimSpace(rate[k] + " " + rest[k])
		lines[k] = strings.TrimRight(line[:min(len(line), max(0, width-1))], " ")
	}
	return lines
}

// of is how much of what is done: "40/600", or "40/~900" where the end is not known yet.
func (n Count) of() string {
	total, _ := n.all()
	about := ""
	if n.Expected > n.Planned {
		about = "~"
	}
	return fmt.Sprintf("%d/%s%d", n.Done, about, total)
}

// bar is what is done as part of a width.
func (n Count) bar(width int) string {
	total, _ := n.all()
	full := 0
	if total > 0 {
		full = int(min(n.Done, total) * int64(width) / total)
	}
	return strings.Repeat("=", full) + strings.Repeat("-", width-full)
}

// time is how long a phase will take, or took.
func (c *clock) time(k int, n Count, now time.Time) string {
	took := c.took(k, n, now)
	left, known := c.phaseLeft(k, n, now)
	switch total, _ := n.all(); {
	case known:
		return roundTo(left).String() + " left"
	case took == 0:
		return ""
	case n.Done < total:
		return roundTo(took).String() + " so far"
	}
	return "in " + roundTo(took).String()
}
