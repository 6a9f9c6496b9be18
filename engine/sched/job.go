package sched

import (
	"context"
	"slices"
	"sync/atomic"

	"coderm/engine"
	"coderm/internal/seed"
	"coderm/kernels"
)

// call is one Generate or Embed: its jobs come together. The fields below the
// line belong to the scheduler's goroutine.
type call struct {
	jobs     []*job
	events   chan event    // to the caller, one at a time
	ack      chan struct{} // the caller is done with an event
	gone     chan struct{} // closed when the caller has left
	finished chan error    // the last word, buffered

	cancelled atomic.Bool

	// ---
	left     int                  // jobs that are not over
	err      error                // that ended them all
	unserved engine.RequestErrors // of those that cannot be served
}

// job is one request on its way through the scheduler.
type job struct {
	call     *call
	number   int // its place in the call
	req      engine.Request
	settings kernels.Settings

	state   jobState
	planned bool     // a context was opened for it: take what it gives
	next    int      // samples started
	live    int      // samples in a slot
	held    *Held    // logits of the prompt's last token
	guesses *guesses // nil without drafting
}

type jobState int

const (
	waiting    jobState = iota
	prefilling          // a slot computes the prompt
	ready               // samples can start
)

// event is a finished sample or the prompt's hidden state.
type event struct {
	job    *job
	sample engine.Sample
	hidden []float32
}

func newCall(requests []engine.Request) *call {
	c := &call{
		events:   make(chan event),
		ack:      make(chan struct{}),
		gone:     make(chan struct{}),
		finished: make(chan error, 1),
		unserved: engine.RequestErrors{},
	}
	for i, r := range requests {
		s := r.Sampling
		c.jobs = append(c.jobs, &job{
			call: c, number: i, req: r,
			settings: kernels.Settings{
				Temperature: s.Temperature, TopK: int32(s.TopK), TopP: s.TopP, MinP: s.MinP, Repeat: s.Repeat,
			},
		})
	}
	return c
}

// deliver hands an event to the caller and waits until it has been dealt with,
// so that what is finished is safe before the next, possibly fatal, step.
func (c *call) deliver(e event) {
	select {
	case c.events <- e:
	case <-c.gone:
		return
	}
	select {
	case <-c.ack:
	case <-c.gone:
	}
}

// end notes that a job is over. After an error the call's others are not wanted.
func (c *call) end(err error) {
	if err != nil && c.err == nil {
		c.err = err
		c.cancelled.Store(true)
	}
	if c.left--; c.left == 0 {
		c.finished <- c.result()
	}
}

// result is what Generate returns.
func (c *call) result() error {
	if c.err == nil && len(c.unserved) > 0 {
		return c.unserved
	}
	return c.err
}

// follow passes the call's events on until the scheduler has let go of it.
func (c *call) follow(ctx context.Context, wake func(), yield func(int, engine.Sample) error) error {
	defer close(c.gone)
	cancel := func() {
		c.cancelled.Store(true)
		wake()
	}
	defer context.AfterFunc(ctx, cancel)()
	var failed error
	for {
		select {
		case e := <-c.events:
			switch {
			case failed != nil:
			case e.hidden != nil:
				failed = e.job.req.Hidden(e.hidden)
			default:
				failed = yield(e.job.number, e.sample)
			}
			if failed != nil {
				cancel()
			}
			c.ack <- struct{}{}
		case err := <-c.finished:
			if failed != nil {
				return failed
			}
			return err
		}
	}
}

// sample is one completion being drawn.
type sample struct {
	index   int // from the request's FirstIndex
	seed    uint64
	limit   int     // tokens it may have
	path    []int32 // the end of the prompt, as far as guesses look back, and the tokens drawn
	lead    int     // how much of path is the prompt's
	text    []byte
	logProb float64
}

// newSample starts the job's next sample.
func (j *job) newSample(limit int) *sample {
	index := j.req.FirstIndex + j.next
	end := j.req.Prompt[max(0, len(j.req.Prompt)-runs[0]):]
	return &sample{
		index: index, seed: seed.Sample(j.req.Seed, index), limit: limit,
		path: slices.Clone(end), lead: len(end),
	}
}

func (s *sample) tokens() []int32 { return s.path[s.lead:] }
