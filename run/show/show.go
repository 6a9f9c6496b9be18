// Package show tells people how far work is: by bars on a terminal, by lines
// elsewhere.
package show

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
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
		text := fmt.Sprintf("%d of %d %s", n.Done, n.Planned, p.Unit)
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

// Bars draws a bar for each phase on a terminal, until done is closed. The last
// state stays on the screen.
func Bars(w io.Writer, phases []Phase, done <-chan struct{}) {
	c := newClock(phases)
	all := mpb.New(mpb.WithOutput(w), mpb.WithWidth(48))
	bars := make([]*mpb.Bar, len(phases))
	for k, p := range phases {
		bars[k] = all.AddBar(0,
			mpb.PrependDecorators(decor.Name(p.Name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d/%d", decor.WCSyncSpace)),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return c.beside(k, time.Now()) })))
	}
	update := func() {
		for k, p := range phases {
			n := p.Count()
			bars[k].SetTotal(max(1, n.Planned), false)
			bars[k].SetCurrent(n.Done)
		}
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		update()
		select {
		case <-done:
			c.end(time.Now())
			update()
			for _, b := range bars {
				b.Abort(false)
			}
			all.Wait()
			return
		case <-tick.C:
		}
	}
}

// beside is what stands beside a bar: the rate, and the time that is left or was
// taken.
func (c *clock) beside(k int, now time.Time) string {
	n := c.phases[k].Count()
	text := " " + c.rate(k, n, now)
	if left, ok := c.phaseLeft(k, n, now); ok {
		return text + " " + roundTo(left).String() + " left"
	}
	if took := c.took(k, n, now); took > 0 {
		text += " in " + roundTo(took).String()
	}
	return text
}

// roundTo keeps durations readable.
func roundTo(d time.Duration) time.Duration {
	if d >= 10*time.Second {
		return d.Round(time.Second)
	}
	return d.Round(10 * time.Millisecond)
}
