package sched

import (
	"context"
	"slices"
	"sync/atomic"

	"coderm/engine"
	"coderm/kernels"
)

// job is one request on its way through the scheduler. The fields below the
// line belong to the scheduler's goroutine.
type job struct {
	req      engine.Request
	settings kernels.Settings

	events   chan event    // to the caller, one at a time
	ack      chan struct{} // the caller is done with an event
	gone     chan struct{} // closed when the caller has left
	finished chan error    // the last word, buffered

	cancelled atomic.Bool

	// ---
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
	sample engine.Sample
	hidden []float32
}

func newJob(r engine.Request) *job {
	s := r.Sampling
	return &job{
		req: r,
		settings: kernels.Settings{
			Temperature: s.Temperature, TopK: int32(s.TopK), TopP: s.TopP, MinP: s.MinP, Repeat: s.Repeat,
		},
		events:   make(chan event),
		ack:      make(chan struct{}),
		gone:     make(chan struct{}),
		finished: make(chan error, 1),
	}
}

// deliver hands an event to the caller and waits until it has been dealt with,
// so that what is finished is safe before the next, possibly fatal, step.
func (j *job) deliver(e event) {
	select {
	case j.events <- e:
	case <-j.gone:
		return
	}
	select {
	case <-j.ack:
	case <-j.gone:
	}
}

// follow calls yield for the job's events until the scheduler has let go of it.
func (j *job) follow(ctx context.Context, wake func(), yield func(engine.Sample) error) error {
	defer close(j.gone)
	cancel := func() {
		j.cancelled.Store(true)
		wake()
	}
	defer context.AfterFunc(ctx, cancel)()
	var failed error
	for {
		select {
		case e := <-j.events:
			switch {
			case failed != nil:
			case e.hidden != nil:
				j.req.Hidden(e.hidden)
			default:
				if failed = yield(e.sample); failed != nil {
					cancel()
				}
			}
			j.ack <- struct{}{}
		case err := <-j.finished:
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
		index: index, seed: seedOf(j.req.Seed, index), limit: limit,
		path: slices.Clone(end), lead: len(end),
	}
}

func (s *sample) tokens() []int32 { return s.path[s.lead:] }

// seedOf derives the random stream of one sample: neighbouring seeds and
// indices give unrelated streams (splitmix64, Steele et al. 2014).
func seedOf(seed uint64, index int) uint64 {
	z := seed + 0x9e3779b97f4a7c15*(uint64(index)+1)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
