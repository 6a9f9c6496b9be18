package sched

import (
	"cmp"
	"slices"
)

// Drafting computes rows for tokens that have not been drawn yet. A sample's
// rows are its last token and guesses of what follows (guess.go). From each row
// a token is drawn as ever, with the sample's own random numbers of that
// position; as long as it is the guessed one, the next row is of the right
// sequence and its draw counts too. The first other token ends that, and counts
// as well. So every token is drawn from the model's own distribution, with the
// random number it would have got without drafts.
//
// What is drafted depends on what the samples say and on Decoder.Cost, never on
// a clock: the same requests are computed in the same batches.

// deepest is how far ahead of a sample guesses go.
const deepest = 8

// unlikely is where guessing further ahead is given up.
const unlikely = 0.1

// offer is a row that could be added to the batch.
type offer struct {
	slot   int
	chance float64 // that its draw will count
}

// draft decides how many guesses each sample's next rows include: as many as
// make the tokens expected from the step, for its cost, the most.
func (l *loop) draft(samples int) {
	if l.shape.Drafts == 0 || samples == 0 {
		return
	}
	l.offers = l.offers[:0]
	for i := range l.slots {
		if s := &l.slots[i]; s.sample != nil {
			l.foresee(i)
		}
	}
	// Along a sample chances fall, so what the likeliest offers are of one is a
	// beginning.
	slices.SortStableFunc(l.offers, func(a, b offer) int { return cmp.Compare(b.chance, a.chance) })
	taken, expected := 0, float64(samples)
	best := expected / l.decoder.Cost(samples)
	for k := range min(len(l.offers), l.shape.Drafts) {
		expected += l.offers[k].chance
		if rate := expected / l.decoder.Cost(samples+k+1); rate > best {
			taken, best = k+1, rate
		}
	}
	for _, o := range l.offers[:taken] {
		l.slots[o.slot].drafted++
	}
}

// foresee guesses how the sample in slot i goes on and offers rows for it.
func (l *loop) foresee(i int) {
	s := &l.slots[i]
	path, chance := s.sample.path, 1.0
	for len(s.guesses) < min(deepest, s.sample.room()) {
		g, ok := s.job.guesses.after(path)
		if !ok {
			break
		}
		if chance *= s.job.guesses.chance(g.grade); chance < unlikely {
			break
		}
		path = append(path, g.token)
		s.guesses = append(s.guesses, g)
		l.offers = append(l.offers, offer{i, chance})
	}
}

// room is how many rows beyond the next a sample may have: its limit is what the
// KV cache has positions for.
func (s *sample) room() int { return s.limit - len(s.tokens()) - 1 }
