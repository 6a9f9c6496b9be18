package show

import (
	"testing"
	"time"

	"coderm/pipeline"
)

// The stage that is further behind says how long it takes.
func TestLeft(t *testing.T) {
	var p pipeline.Progress
	if got := left(&p, time.Minute); got != "" {
		t.Errorf("nothing is planned: %q", got)
	}
	p.SamplesPlanned.Store(100)
	p.Samples.Store(50)
	if got := left(&p, 10*time.Second); got != ", about 10s left" {
		t.Errorf("half of the completions: %q", got)
	}
	p.PairsPlanned.Store(1000)
	p.Pairs.Store(100)
	if got := left(&p, 10*time.Second); got != ", about 1m30s left" {
		t.Errorf("a tenth of the pairs: %q", got)
	}
	p.Samples.Store(100)
	p.Pairs.Store(1000)
	if got := left(&p, 10*time.Second); got != "" {
		t.Errorf("all is done: %q", got)
	}
}
