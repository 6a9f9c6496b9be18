package sched

import (
	"slices"

	"coderm/engine"
	"coderm/internal/seed"
	"coderm/kernels"
)

// job is one request on its way through the scheduler.
type job struct {
	call     *call
	number   int // its place in the call
	req      engine.Request
	prompt   []int32 // its tokens
	settings kernels.Settings

	state   jobState
	next    int      // samples started
	live    int      // samples in a slot
	held    *Held    // logits of the prompt's last token
	guesses *guesses // nil without drafting
}

// toStart is how many samples are yet to start; a prompt alone counts as one.
func (j *job) toStart() int { return max(1, j.req.N-j.next) }

// hold keeps the logits of the prompt's last token, which jobs of one prompt share.
func (j *job) hold(h *Held) {
	h.jobs++
	j.held = h
}

func (j *job) letGo() {
	if j.held == nil {
		return
	}
	if j.held.jobs--; j.held.jobs == 0 {
		j.held.Release()
	}
	j.held = nil
}

type jobState int

const (
	waiting    jobState = iota
	prefilling          // a slot computes the prompt
	ready               // samples can start
)

// sample is one completion being drawn.
type sample struct {
	index   int // from the request's FirstIndex
	seed    uint64
	limit   int     // tokens it may have
	path    []int32 // the end of the prompt, as far as guesses look back, and the tokens drawn
	lead    int     // how much of path is the prompt's
	text    []byte
	logProb float64
	tries   uint32 // of the next token, that drew none
}

// newSample starts the job's next sample.
func (j *job) newSample(limit int) *sample {
	index := j.req.FirstIndex + j.next
	end := j.prompt[max(0, len(j.prompt)-runs[0]):]
	return &sample{
		index: index, seed: seed.Sample(j.req.Seed, index), limit: limit,
		path: slices.Clone(end), lead: len(end),
	}
}

func (s *sample) tokens() []int32 { return s.path[s.lead:] }
