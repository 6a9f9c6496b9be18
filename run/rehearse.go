package run

import (
	"context"
	"math/bits"
	"slices"
	"time"

	"coderm/budget"
	"coderm/pipeline"
)

// rehearsal is how long a run is tried for.
const rehearsal = 8 * time.Second

// Pace is what a short while of a run tells of the whole.
type Pace struct {
	Tried float64 `json:"tried"` // seconds
	// Seconds is about how long the run takes, its parts going on beside each other; 0
	// where the while was too short to tell.
	Seconds float64 `json:"seconds"`
	Tokens  float64 `json:"tokens_per_second,omitempty"`
	Pairs   float64 `json:"pairs_per_second,omitempty"`
	Checked float64 `json:"solutions_checked_per_second,omitempty"` // by hidden tests
}

// rehearse does the run of a Preview for a while.
func (r *Run) rehearse(ctx context.Context, f Forecast) (*Pace, error) {
	for _, step := range []func(context.Context) error{r.openSource, r.openParser, r.openSandbox} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.configure()
	r.config.Planner = spreadOut(r.config.Planner)
	r.env.tell(Event{Kind: Note, Text: "trying it for " + rehearsal.String()})
	some, cancel := context.WithTimeout(ctx, rehearsal)
	defer cancel()
	progress, begin := r.Progress(), time.Now()
	var firstPair time.Time
	done := make(chan error, 1)
	go func() {
		done <- pipeline.Run(some, r.config, func(pipeline.Result) error { return nil })
	}()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			if firstPair.IsZero() && progress.Pairs.Planned.Load() > 0 {
				firstPair = now
			}
			continue
		case err := <-done:
			if ctx.Err() != nil || err != nil && some.Err() == nil {
				return nil, err
			}
			took := time.Since(begin)
			p := paceOf(progress, f, took, time.Since(firstPair))
			if err == nil {
				p.Seconds = took.Seconds()
			}
			return &p, nil
		}
	}
}

// paceOf reckons up what was done in a time, pairs in the part of it since there were
// any.
func paceOf(p *pipeline.Progress, f Forecast, took, running time.Duration) Pace {
	pace := Pace{Tried: took.Seconds()}
	known := true
	// work takes rate × total, or nobody knows how long.
	work := func(done, total float64, in time.Duration) (rate float64) {
		if total <= 0 {
			return 0
		}
		if done <= 0 || in <= 0 {
			known = false
			return 0
		}
		rate = done / in.Seconds()
		pace.Seconds = max(pace.Seconds, total/rate)
		return rate
	}
	if p.Writes {
		drawn, finished := float64(max(p.Drawn.Load(), p.Tokens.Load())), float64(p.Samples.Load())
		each := float64(p.MaxTokens)
		if finished > 0 {
			each = min(each, drawn/finished)
		}
		pace.Tokens = work(drawn, float64(f.Completions)*each, took)
	}
	pairs := &p.Pairs
	if done, planned := pairs.Done.Load(), pairs.Planned.Load(); p.Runs && (!p.Writes || done < planned) { // else the sandbox waits for the model
		pace.Pairs = work(float64(done), float64(max(int64(f.Pairs), pairs.Expected())), running)
	}
	if p.Judges {
		pace.Checked = work(float64(p.Judged.Done.Load()), float64(p.Judged.Expected()), took)
	}
	if !known {
		pace.Seconds = 0
	}
	return pace
}

// spreadOut has a planner's grants come in an order in which the first ones lie all
// over the file. One that looks at what comes of them stays as it is.
func spreadOut(p budget.Planner) budget.Planner {
	switch p.(type) {
	case budget.Piloted, budget.Prober:
		return p
	}
	return spread{p}
}

type spread struct{ budget.Planner }

func (s spread) Next() ([]budget.Grant, bool) {
	grants, done := s.Planner.Next()
	slices.SortFunc(grants, func(a, b budget.Grant) int {
		return int(int64(bits.Reverse32(uint32(a.Problem))) - int64(bits.Reverse32(uint32(b.Problem))))
	})
	return grants, done
}
