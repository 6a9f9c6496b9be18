// Package show tells people how far a run is: by bars on a terminal, by lines
// elsewhere.
package show

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"coderm/pipeline"
)

// Every is the pause between lines of progress.
const Every = 5 * time.Second

// Lines writes a line every few seconds, until done is closed.
func Lines(w io.Writer, p *pipeline.Progress, done <-chan struct{}) {
	start := time.Now()
	tick := time.NewTicker(Every)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			t := time.Since(start)
			drawn := ""
			if n := p.Tokens.Load(); n > 0 { // none where the tests were given
				drawn = fmt.Sprintf("%d of %d completions (%.0f tokens/s), ", p.Samples.Load(), p.SamplesPlanned.Load(), float64(n)/t.Seconds())
			}
			fmt.Fprintf(w, "%s: %s%d tests, %d of %d pairs (%.0f/s)%s\n", roundTo(t), drawn,
				p.Tests.Load(), p.Pairs.Load(), p.PairsPlanned.Load(), float64(p.Pairs.Load())/t.Seconds(), left(p, t))
		}
	}
}

// left estimates the time left from whichever stage is further behind.
func left(p *pipeline.Progress, spent time.Duration) string {
	share := func(done, planned *atomic.Int64) float64 {
		if n := planned.Load(); n > 0 {
			return float64(done.Load()) / float64(n)
		}
		return 1
	}
	done := min(share(&p.Samples, &p.SamplesPlanned), share(&p.Pairs, &p.PairsPlanned))
	if done <= 0 || done >= 1 {
		return ""
	}
	return fmt.Sprintf(", about %s left", roundTo(time.Duration(float64(spent)*(1-done)/done)))
}

// Bars draws bars on a terminal, until done is closed.
func Bars(w io.Writer, p *pipeline.Progress, done <-chan struct{}) {
	bars := mpb.New(mpb.WithOutput(w), mpb.WithWidth(48))
	bar := func(name, unit string) *mpb.Bar {
		return bars.AddBar(0,
			mpb.PrependDecorators(decor.Name(name, decor.WCSyncSpaceR), decor.CountersNoUnit("%d / %d", decor.WCSyncSpace)),
			mpb.AppendDecorators(decor.AverageSpeed(0, " %.0f "+unit+"/s"), decor.AverageETA(decor.ET_STYLE_GO, decor.WCSyncSpace)))
	}
	samples, pairs := bar("completions", "completions"), bar("pairs run", "pairs")
	update := func(b *mpb.Bar, now, planned *atomic.Int64) {
		b.SetTotal(max(1, planned.Load()), false)
		b.SetCurrent(now.Load())
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		update(samples, &p.Samples, &p.SamplesPlanned)
		update(pairs, &p.Pairs, &p.PairsPlanned)
		select {
		case <-done:
			samples.Abort(false)
			pairs.Abort(false)
			bars.Wait()
			return
		case <-tick.C:
		}
	}
}

// roundTo keeps durations readable.
func roundTo(d time.Duration) time.Duration {
	if d > time.Minute {
		return d.Round(time.Second)
	}
	return d.Round(10 * time.Millisecond)
}
