package show

import (
	"strings"
	"testing"
	"time"

	"coderm/pipeline"
)

// at is a clock that has watched phases since some time ago.
func at(p *pipeline.Progress, ago time.Duration) (*clock, time.Time) {
	c := newClock(Phases(p))
	now := c.start.Add(ago)
	for k, phase := range c.phases {
		n := phase.Count()
		n.Done = n.Kept
		c.took(k, n, c.start)
	}
	return c, now
}

// The phase that is further behind says how long it takes; what an earlier run did
// is no sign of speed, and what will be planned counts.
func TestLine(t *testing.T) {
	p := &pipeline.Progress{Writes: true, Runs: true, Judges: true}
	p.SamplesPlanned.Store(100)
	p.Samples.Store(60)
	p.SamplesKept.Store(20)
	p.Tokens.Store(4000)
	p.PairsPlanned.Store(600)
	p.Pairs.Store(400)
	p.JudgedPlanned.Store(10)
	c, now := at(p, 20*time.Second)
	want := "20s: 60 of 100 completions (200 tokens/s), 400 of 600 pairs (20/s), 0 of 10 problems checked, about 30s left"
	if got := c.line(now); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Samples.Store(100)
	p.Pairs.Store(600)
	p.Judged.Store(10)
	p.JudgedKept.Store(10)
	if got := c.line(now.Add(time.Second)); strings.Contains(got, "left") {
		t.Errorf("all is done: %q", got)
	}
}

// Only what the run does has a bar, and slow work has a unit that fits.
func TestPhases(t *testing.T) {
	p := &pipeline.Progress{Runs: true}
	p.PairsPlanned.Store(10)
	p.Pairs.Store(4)
	c, now := at(p, 2*time.Minute)
	if len(c.phases) != 1 {
		t.Fatalf("%d phases", len(c.phases))
	}
	if got, want := c.beside(0, now), " 2.0/min 3m0s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Pairs.Store(10)
	c.end(now)
	if got, want := c.beside(0, now.Add(time.Hour)), " 5.0/min in 2m0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
