package run

import (
	"slices"
	"testing"
	"time"

	"coderm/budget"
	"coderm/pipeline"
)

// The slowest part says how long a run takes; a sandbox that waits for the model is
// none, and what has not begun leaves it open.
func TestPaceOf(t *testing.T) {
	writing := func(p *pipeline.Progress) {
		p.Writes, p.MaxTokens = true, 100
		p.Drawn.Store(800)
		p.Samples.Store(10) // so they are of 80 tokens
	}
	running := func(done int64) func(*pipeline.Progress) {
		return func(p *pipeline.Progress) {
			p.Runs = true
			p.Pairs.Plan(500, true)
			p.Pairs.Done.Store(done)
		}
	}
	f := Forecast{Completions: 100, Pairs: 1000}
	for _, tt := range []struct {
		name string
		did  []func(*pipeline.Progress)
		want Pace
	}{
		{"given tests", []func(*pipeline.Progress){running(100)}, Pace{Tried: 8, Seconds: 40, Pairs: 25}},
		{"written tests", []func(*pipeline.Progress){writing}, Pace{Tried: 8, Seconds: 80, Tokens: 100}},
		{"the sandbox keeps up", []func(*pipeline.Progress){writing, running(500)}, Pace{Tried: 8, Seconds: 80, Tokens: 100}},
		{"the sandbox is slower", []func(*pipeline.Progress){writing, running(40)}, Pace{Tried: 8, Seconds: 100, Tokens: 100, Pairs: 10}},
		{"nothing came of it", []func(*pipeline.Progress){running(0)}, Pace{Tried: 8}},
	} {
		p := new(pipeline.Progress)
		for _, do := range tt.did {
			do(p)
		}
		if got := paceOf(p, f, 8*time.Second, 4*time.Second); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// All problems are granted, the first ones from all over the file.
func TestSpread(t *testing.T) {
	var order []int
	grants, _ := spreadOut(budget.Fixed([]int{1, 1, 1, 1, 1, 1, 1, 1})).Next()
	for _, g := range grants {
		order = append(order, g.Problem)
	}
	if want := []int{0, 4, 2, 6, 1, 5, 3, 7}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}
