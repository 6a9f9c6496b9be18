package sched

import (
	"fmt"
	"slices"
)

// slot is one sequence of the KV cache. With a job it is in use: it computes a
// prompt while sample is nil, and a sample otherwise. Without a job it is free,
// and what it still holds of an old prompt may save work.
type slot struct {
	job     *job
	sample  *sample
	prompt  []int32 // the prompt it holds or is about to
	used    int     // positions held; of a free slot, all are of its prompt
	prefill int     // which computation of the prompt it holds
	row     int     // its first in the last batch, or -1

	guesses []guess // of how the sample goes on
	drafted int     // how many of them have rows in the last batch
}

func (l *loop) live() (n int) {
	for i := range l.slots {
		if l.slots[i].job != nil {
			n++
		}
	}
	return n
}

// positions is how many positions a sample of j may need.
func (l *loop) positions(j *job) int {
	return min(len(j.prompt)+max(1, j.req.MaxTokens), l.model.MaxPositions())
}

// suits tells whether j should run in the open context. A context that is too
// small is replaced as soon as it is empty; where one was opened for calls like
// j's, it takes what there is.
func (l *loop) suits(j *job) bool {
	need := l.positions(j)
	if j.state != waiting || need <= j.call.planned {
		return true
	}
	return need <= l.shape.PerSeq && !l.crowded()
}

// misfit is a job that should run in another context than the open one, of those that
// are the first of their call; nil: none.
func (l *loop) misfit() *job {
	seen := map[*call]bool{}
	for _, j := range l.queue {
		if !seen[j.call] && (l.decoder == nil || !l.suits(j)) {
			return j
		}
		seen[j.call] = true
	}
	return nil
}

// crowded tells whether a context with more sequences is worth waiting for:
// more than twice as many samples wait as it has room for, and Plan agrees.
func (l *loop) crowded() bool {
	wanted := 0
	for _, q := range l.queue {
		if q.call.planned > 0 {
			return false
		}
		wanted += q.req.N
	}
	if wanted <= 2*l.shape.Seqs {
		return false
	}
	j := l.queue[0]
	better, err := l.model.Plan(Need{
		Positions: l.shape.PerSeq, Samples: wanted,
		Prompt: len(j.prompt), Gen: l.positions(j) - len(j.prompt), Each: max(1, j.req.N),
	})
	return err == nil && better.Seqs > l.shape.Seqs
}

// turn is the job that has the next free slot: of the call with the fewest of them,
// so that many samples of one keep no other waiting for longer than until one ends;
// of a call, the first. A prompt that is being computed keeps its turn. nil: none
// waits.
func (l *loop) turn() (next *job) {
	for _, j := range l.queue {
		if j.state == prefilling {
			return j
		}
		if next == nil || j.call.live < next.call.live {
			next = j
		}
	}
	return next
}

// admit gives free slots to the queue, by turns. It reports whether samples
// were started, whose first token is then to be drawn.
func (l *loop) admit() bool {
	started := false
	for l.decoder != nil {
		j := l.turn()
		if j == nil {
			return started
		}
		if !l.suits(j) {
			return started // and wait until the context is empty
		}
		switch j.state {
		case waiting:
			if l.share(j) {
				j.state = ready
				continue
			}
			if n := len(j.prompt); n >= l.shape.PerSeq {
				l.unqueue(j)
				j.call.unserved[j.number] = fmt.Errorf("a prompt of %d tokens does not fit the %d for which there is memory", n, l.shape.PerSeq)
				l.finish(j, nil)
				continue
			}
			if !l.startPrompt(j) {
				return started
			}
		case prefilling:
			return started
		case ready:
			if !l.startSample(j) {
				return started
			}
			started = true
			if j.next == j.req.N {
				l.unqueue(j)
			}
		}
	}
	return started
}

// share has j start from a prompt that is there for another job of it already, as it is
// when many clients ask the same at once. It reports false when j's own is to be computed.
func (l *loop) share(j *job) bool {
	if j.req.Hidden != nil || l.holder(j) < 0 {
		return false
	}
	if l.shape.Steady || j.held != nil {
		return true
	}
	other := func(k *job) bool {
		if k == nil || k.held == nil || !same(k.prompt, j.prompt) {
			return false
		}
		j.hold(k.held)
		return true
	}
	return slices.ContainsFunc(l.slots, func(s slot) bool { return other(s.job) }) || slices.ContainsFunc(l.queue, other)
}

// startPrompt gives j a slot to compute its prompt in, reusing the longest
// beginning that some slot holds already. It reports false when there is no
// room now.
func (l *loop) startPrompt(j *job) bool {
	to := l.free(j.prompt)
	if to < 0 || !l.makeRoom(j, -1) {
		return false
	}
	from, n := l.longestPrefix(j.prompt)
	switch {
	case n < min(minReuse, len(j.prompt)-1) || n == 0:
		l.decoder.Trim(to, 0)
		n = 0
	case from == to:
		l.decoder.Trim(to, n)
	default:
		l.decoder.Copy(from, to, n)
	}
	j.state = prefilling
	l.prefills++
	l.slots[to] = slot{job: j, prompt: j.prompt, used: n, prefill: l.prefills, row: -1}
	return true
}

// minReuse is the shortest common beginning worth a copy, of prompts that are longer.
const minReuse = 16

// longestPrefix finds the slot that holds most of a prompt's beginning. The
// last token is never reused: its logits are wanted.
func (l *loop) longestPrefix(prompt []int32) (from, n int) {
	if l.shape.Fixed {
		return -1, 0 // what a prompt's numbers are must not depend on history
	}
	from = -1
	for i := range l.slots {
		s := &l.slots[i]
		if k := commonPrefix(s.prompt[:min(s.used, len(s.prompt))], prompt[:len(prompt)-1]); k > n {
			from, n = i, k
		}
	}
	return from, n
}

func commonPrefix(a, b []int32) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// startSample gives j's next sample a slot with the prompt in it. It reports
// false when there is no room now.
func (l *loop) startSample(j *job) bool {
	p := l.shared(j)
	from := l.holder(j)
	if from < 0 {
		j.state = waiting // its last copy was given away: compute it again
		return true
	}
	to := l.free(j.prompt)
	if to < 0 || !l.makeRoom(j, from) {
		return false
	}
	prefill := l.slots[from].prefill
	if l.holds(to, j) {
		prefill = l.slots[to].prefill
		l.decoder.Trim(to, p)
	} else {
		l.decoder.Copy(from, to, p)
	}
	if j.guesses == nil && l.shape.Drafts > 0 {
		j.guesses = newGuesses(j.prompt)
	}
	l.slots[to] = slot{job: j, prompt: j.prompt, used: p, prefill: prefill, row: -1, sample: j.newSample(l.limit(j))}
	j.next++
	j.live++
	j.call.live++
	return true
}

// holds tells whether slot i has what samples of j share of its prompt.
func (l *loop) holds(i int, j *job) bool {
	s := &l.slots[i]
	return s.used >= l.shared(j) && same(s.prompt, j.prompt)
}

// holder is a slot that holds the prompt of j, or -1.
func (l *loop) holder(j *job) int {
	for i := range l.slots {
		if l.holds(i, j) {
			return i
		}
	}
	return -1
}

// limit is how many tokens a sample of j may have; at the last the context is
// full.
func (l *loop) limit(j *job) int {
	return min(j.req.MaxTokens, min(l.shape.PerSeq, l.model.MaxPositions())-len(j.prompt))
}

// free picks a free slot: among those that leave no gap between the sequences
// in use, one that holds the prompt already, else the lowest. -1 when none is.
func (l *loop) free(prompt []int32) int {
	lowest := -1
	end := 0 // of the sequences in use
	for i := range l.slots {
		if l.slots[i].job != nil {
			end = i + 1
		} else if lowest < 0 {
			lowest = i
		}
	}
	for i := range min(end+1, len(l.slots)) {
		if s := &l.slots[i]; s.job == nil && same(s.prompt, prompt) {
			return i
		}
	}
	return lowest
}

// same tells whether two prompts are one slice: the samples of a job share it.
func same(a, b []int32) bool {
	return len(a) > 0 && len(b) > 0 && &a[0] == &b[0]
}

// release frees slot i. It keeps its prompt, as far as computed, for reuse.
func (l *loop) release(i int) {
	s := &l.slots[i]
	if s.sample != nil {
		s.job.live--
		s.job.call.live--
	}
	s.used = min(s.used, len(s.prompt))
	l.decoder.Trim(i, s.used)
	s.job, s.sample, s.row = nil, nil, -1
}

// makeRoom makes sure that a unified KV cache has cells for j's prompt and another
// sample of it, forgetting old prompts where it must, but not that in slot keep. Cells
// are counted at their most: each prompt once, each sample at its limit; so the cache
// cannot overrun.
func (l *loop) makeRoom(j *job, keep int) bool {
	if !l.shape.Unified {
		return true
	}
	for {
		if l.cells(j, keep)+l.limit(j)+l.padding() <= l.shape.Cells {
			return true
		}
		victim := -1
		for i := range l.slots {
			if s := &l.slots[i]; s.job == nil && s.used > 0 && i != keep && (victim < 0 || !l.holds(i, j)) {
				victim = i
			}
		}
		if victim < 0 {
			return false
		}
		l.decoder.Trim(victim, 0)
		l.slots[victim].prompt, l.slots[victim].used = nil, 0
	}
}

// cells is the most that what is running, what is kept, and j's prompt need. Where a
// prompt was computed more than once, by jobs that came after each other, each time
// its last token has got another cell.
func (l *loop) cells(j *job, keep int) int {
	n := len(j.prompt)
	prompts, prefills := map[*int32]bool{&j.prompt[0]: true}, map[int]bool{}
	if keep >= 0 {
		prefills[l.slots[keep].prefill] = true
	}
	for i := range l.slots {
		s := &l.slots[i]
		if len(s.prompt) > 0 {
			switch first := &s.prompt[0]; {
			case !prompts[first]:
				n += len(s.prompt)
			case !prefills[s.prefill]:
				n++
			}
			prompts[&s.prompt[0]], prefills[s.prefill] = true, true
		}
		if s.sample != nil {
			n += s.sample.limit
		}
	}
	return n
}

// compact moves sequences down into gaps: without a unified cache, llama.cpp
// computes only neighbouring sequences together, and a gap would cost another
// pass over the weights. A fixed shape has no gaps: it computes them all. A steady
// one fills them, as long as the batch cannot be the smaller for it.
func (l *loop) compact() {
	switch {
	case l.shape.Steady:
		if batchWidth(l.live(), len(l.slots)) == l.width() {
			return
		}
	case l.shape.Unified || l.shape.Fixed:
		return
	}
	low, high := 0, len(l.slots)-1
	for {
		for low < high && l.slots[low].job != nil {
			low++
		}
		for low < high && l.slots[high].job == nil {
			high--
		}
		if low >= high {
			return
		}
		s := l.slots[high]
		l.decoder.Copy(high, low, s.used)
		l.slots[low] = s
		l.slots[high].sample = nil
		l.slots[high].job = nil
		l.slots[high].used = min(s.used, len(s.prompt))
		l.decoder.Trim(high, l.slots[high].used)
	}
}
