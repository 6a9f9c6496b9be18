package show

import (
	"slices"
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
	p.Pairs.Problems.Store(3)
	p.Pairs.Plan(0, true) // an earlier run did it
	p.Pairs.Plan(600, true)
	p.Pairs.Done.Store(400)
	p.Judged.Plan(10, true)
	c, now := at(p, 20*time.Second)
	want := "20s: 60 of 100 completions (200 tokens/s), 400 of about 1200 pairs (20/s), 0 of 10 solutions checked, about 40s left"
	if got := c.line(now); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Requests = func() int { return 12 }
	if got := c.line(now); !strings.Contains(got, "completions (200 tokens/s, 12 requests under way), ") {
		t.Error(got)
	}
	p.Requests = func() int { return 0 }
	p.Samples.Store(100)
	p.Pairs.Plan(300, true)
	p.Pairs.Done.Store(900)
	p.Judged.Done.Store(10)
	p.Judged.Kept.Store(10)
	if got := c.line(now.Add(time.Second)); strings.Contains(got, "left") {
		t.Errorf("all is done: %q", got)
	}
}

// While nothing comes, for a solution that never ends, what is left is what it was, until
// that has lasted as long.
func TestLeftWhileOneIsWaitedFor(t *testing.T) {
	start := time.Now()
	n := Count{Planned: 100}
	c := newClock([]Phase{{Name: "run", Unit: "pairs", Count: func() Count { return n }}})
	c.start = start
	var got []time.Duration
	for _, at := range []struct {
		seconds time.Duration
		done    int64
	}{{0, 0}, {10, 50}, {15, 50}, {30, 50}, {40, 60}} {
		n.Done = at.done
		left, _ := c.left(start.Add(at.seconds * time.Second))
		got = append(got, left.Round(time.Second)/time.Second)
	}
	if want := []time.Duration{0, 10, 10, 20, 27}; !slices.Equal(got, want) {
		t.Errorf("%d s left, want %d", got, want)
	}
}

// Completions under way count for the time that is left as far as they are: of 3,200
// tokens 1,200 are drawn by 20 completions, 3 of which are done.
func TestTimeOfWriting(t *testing.T) {
	p := &pipeline.Progress{Writes: true, MaxTokens: 160}
	p.SamplesPlanned.Store(30)
	p.SamplesKept.Store(10)
	p.Samples.Store(13)
	p.Drawn.Store(1200)
	c, now := at(p, 30*time.Second)
	n := c.phases[0].Count()
	if got, want := c.rate(0, n, now)+" "+c.time(0, n, now), "40 tokens/s 50s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Only what the run does has a bar, and slow work has a unit that fits.
func TestPhases(t *testing.T) {
	p := &pipeline.Progress{Runs: true}
	p.Pairs.Plan(10, true)
	p.Pairs.Done.Store(4)
	c, now := at(p, 2*time.Minute)
	if len(c.phases) != 1 {
		t.Fatalf("%d phases", len(c.phases))
	}
	n := c.phases[0].Count()
	if got, want := c.rate(0, n, now)+" "+c.time(0, n, now), "2.0/min 3m0s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Pairs.Done.Store(10)
	c.end(now)
	n = c.phases[0].Count()
	if got, want := c.rate(0, n, now)+" "+c.time(0, n, now.Add(time.Hour)), "5.0/min in 2m0s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What there is room for is shown: the bars of one width, the rates where they fit,
// and nothing is as wide as the screen.
func TestBars(t *testing.T) {
	p := &pipeline.Progress{Writes: true, Runs: true, Judges: true}
	p.SamplesPlanned.Store(100)
	p.Samples.Store(50)
	p.Tokens.Store(4000)
	p.Pairs.Problems.Store(2)
	p.Pairs.Plan(300, true)
	p.Pairs.Done.Store(300)
	c, now := at(p, 20*time.Second)
	for width, want := range map[int][]string{
		80: {
			"tests written   50/100 [================----------------] 200 tokens/s 20s left",
			"pairs run     300/~600 [================----------------] 15/s 20s left",
			"hidden checks      0/0 [--------------------------------]",
		},
		40: {
			"tests written   50/100 [==---] 20s left",
			"pairs run     300/~600 [==---] 20s left",
			"hidden checks      0/0 [-----]",
		},
		30: {"tests written   50/100 20s le", "pairs run     300/~600 20s le", "hidden checks      0/0"},
		0:  {"", "", ""},
	} {
		if got := c.bars(width, now); !slices.Equal(got, want) {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
