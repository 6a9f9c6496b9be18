package sched

import (
	"context"
	"iter"
	"sync/atomic"

	"coderm/engine"
)

// call is one Generate or Embed.
type call struct {
	// The caller's side, which the scheduler waits for.
	model  Model
	next   func() (engine.Request, bool) // the next request
	stop   func()                        // no more are wanted
	check  func(*engine.Request) error
	yield  func(int, engine.Sample) error
	count  int              // requests so far
	tokens map[text][]int32 // of the last prompts

	events   chan event    // to the caller, one at a time
	ack      chan struct{} // the caller is done with an event
	gone     chan struct{} // closed when the caller has left
	finished chan error    // the last word, buffered

	cancelled atomic.Bool

	// The scheduler's side; the caller touches it only while it is waited for.
	taken    *job                 // the answer when asked for another job
	planned  int                  // positions a context was opened for on the call's behalf; 0: none was
	live     int                  // samples in a slot
	left     int                  // jobs that are not over, and one for those to come
	err      error                // that ended them all
	unserved engine.RequestErrors // of those that cannot be served
}

// event is a finished sample or the prompt's hidden state; without a job, the
// wish for another one.
type event struct {
	job    *job
	sample engine.Sample
	hidden []float32
}

func newCall(model Model, requests iter.Seq[engine.Request], check func(*engine.Request) error, yield func(int, engine.Sample) error) *call {
	c := &call{
		model: model, check: check, yield: yield,
		tokens:   map[text][]int32{},
		events:   make(chan event),
		ack:      make(chan struct{}),
		gone:     make(chan struct{}),
		finished: make(chan error, 1),
		unserved: engine.RequestErrors{},
		left:     1,
	}
	c.next, c.stop = iter.Pull(requests)
	return c
}

// more has the caller take in another request; nil when there is none.
func (c *call) more() *job {
	c.taken = nil
	c.deliver(event{})
	return c.taken
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

// end notes that a job is over, or that none is to come. After an error the
// call's others are not wanted.
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

// follow does on the caller's side what the scheduler wants, until it has let go
// of the call.
func (c *call) follow(ctx context.Context, wake func()) error {
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
			if failed == nil {
				if failed = c.handle(e); failed != nil {
					cancel()
				}
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

func (c *call) handle(e event) (err error) {
	switch {
	case e.job == nil:
		c.taken, err = c.take()
		return err
	case e.hidden != nil:
		return e.job.req.Hidden(e.hidden)
	}
	return c.yield(e.job.number, e.sample)
}
