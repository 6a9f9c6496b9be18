package show

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"coderm/pipeline"
)

// Phase is a kind of work that goes on by itself.
type Phase struct {
	Name  string // of what was done: "pairs run"
	Unit  string // of what is counted: "pairs"
	Count func() Count
}

// Count is how far a phase is.
type Count struct {
	Done    int64
	Kept    int64 // of Done, what an earlier run has done
	Planned int64
	// Expected is what will be planned in the end, as far as that can be told; 0:
	// what is Planned.
	Expected int64
	Part     float64 // of what Kept is not, how much is done, where that is known better; else 0
	Rate     int64   // done of RateUnit, where the rate is told of something else
	RateUnit string  // "tokens"
	Requests int     // under way
}

// Phases are those that a run has.
func Phases(p *pipeline.Progress) (out []Phase) {
	if p.Writes {
		out = append(out, Phase{"tests written", "completions", func() Count {
			n := Count{Done: p.Samples.Load(), Kept: p.SamplesKept.Load(), Planned: p.SamplesPlanned.Load(), Rate: p.Tokens.Load(), RateUnit: "tokens"}
			if p.Requests != nil {
				n.Requests = p.Requests()
			}
			if drawn, fresh := p.Drawn.Load(), n.Done-n.Kept; drawn > 0 {
				n.Rate = drawn
				if fresh > 0 {
					// Those under way count as far as they are, or a batch of many would seem
					// to take as long as its slowest for each.
					each := min(float64(p.MaxTokens), float64(drawn)/float64(fresh))
					n.Part = float64(drawn) / (each * float64(n.Planned-n.Kept))
				}
			}
			return n
		}})
	}
	if p.Runs {
		out = append(out, Phase{"pairs run", "pairs", func() Count { return countOf(&p.Pairs) }})
	}
	if p.Judges {
		out = append(out, Phase{"hidden checks", "solutions checked", func() Count { return countOf(&p.Judged) }})
	}
	return out
}

func countOf(t *pipeline.Tally) Count {
	return Count{Done: t.Done.Load(), Kept: t.Kept.Load(), Planned: t.Planned.Load(), Expected: t.Expected()}
}

// all is how much there will be in the end, and in words: "600", or "about 900" where
// that is not known yet.
func (n Count) all() (total int64, text string) {
	if n.Expected <= n.Planned {
		return n.Planned, fmt.Sprint(n.Planned)
	}
	return n.Expected, fmt.Sprintf("about %d", n.Expected)
}

// clock knows when each phase began and ended.
type clock struct {
	phases []Phase
	start  time.Time

	mu    sync.Mutex
	began []time.Time // when there first was something to do
	ended []time.Time // when all of it was first done
	last  []progress
	over  time.Time // when the work ended; zero: it goes on
}

// progress is when a phase was last seen to have done more, and how much it had then.
type progress struct {
	at   time.Time
	done int64
}

func newClock(phases []Phase) *clock {
	n := len(phases)
	return &clock{phases: phases, start: time.Now(), began: make([]time.Time, n), ended: make([]time.Time, n), last: make([]progress, n)}
}

func (c *clock) end(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = now
}

// took is how long a phase has worked, 0 before it begins.
func (c *clock) took(k int, n Count, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.over.IsZero() {
		now = c.over
	}
	if c.began[k].IsZero() && n.Planned > n.Kept {
		c.began[k] = now
		if n.Done > n.Kept { // it was quicker than we looked
			c.began[k] = c.start
		}
	}
	if n.Done < n.Planned {
		c.ended[k] = time.Time{}
	} else if c.ended[k].IsZero() {
		c.ended[k] = now
	}
	switch {
	case c.began[k].IsZero():
		return 0
	case !c.ended[k].IsZero():
		return c.ended[k].Sub(c.began[k])
	}
	return now.Sub(c.began[k])
}

// rate is what a phase does in a time, in units that fit, and the requests that do it;
// what an earlier run did is none of it.
func (c *clock) rate(k int, n Count, now time.Time) string {
	var parts []string
	if speed := c.speed(k, n, now); speed != "" {
		parts = append(parts, speed)
	}
	switch {
	case n.Requests == 1:
		parts = append(parts, "1 request under way")
	case n.Requests > 1:
		parts = append(parts, fmt.Sprintf("%d requests under way", n.Requests))
	}
	return strings.Join(parts, ", ")
}

func (c *clock) speed(k int, n Count, now time.Time) string {
	took := c.took(k, n, now)
	done, unit := n.Done-n.Kept, ""
	if n.RateUnit != "" {
		done, unit = n.Rate, " "+n.RateUnit
	}
	if done <= 0 || took < time.Second {
		return ""
	}
	perSecond := float64(done) / took.Seconds()
	switch {
	case perSecond >= 10:
		return fmt.Sprintf("%.0f%s/s", perSecond, unit)
	case perSecond >= 1:
		return fmt.Sprintf("%.1f%s/s", perSecond, unit)
	case perSecond*60 >= 1:
		return fmt.Sprintf("%.1f%s/min", perSecond*60, unit)
	}
	return fmt.Sprintf("%.1f%s/h", perSecond*3600, unit)
}

// waits is how long nothing has come of a phase.
func (c *clock) waits(k int, done int64, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := &c.last[k]; l.at.IsZero() || l.done != done {
		*l = progress{now, done}
	}
	return now.Sub(c.last[k].at)
}

// phaseLeft is how long a phase will take if it goes on as it did: endless loops
// are in that, as far as they came to an end. One that is waited for says nothing of the
// others; it may take as long again.
func (c *clock) phaseLeft(k int, n Count, now time.Time) (time.Duration, bool) {
	took := c.took(k, n, now)
	done := n.Done - n.Kept
	all, _ := n.all()
	waits := c.waits(k, done, now)
	if done <= 0 || n.Done >= all || took < time.Second {
		return 0, false
	}
	if n.Part > 0 {
		return time.Duration(float64(took) * max(0, 1-n.Part) / n.Part), true
	}
	left := time.Duration(float64(took-waits) * float64(all-n.Done) / float64(done))
	return max(left, waits), true
}

// left is how long everything will take: phases go on beside each other.
func (c *clock) left(now time.Time) (longest time.Duration, known bool) {
	for k, p := range c.phases {
		if left, ok := c.phaseLeft(k, p.Count(), now); ok {
			longest, known = max(longest, left), true
		}
	}
	return longest, known
}
