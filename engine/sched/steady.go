package sched

// A steady shape is for GPUs, where two things cost more than rows do: a batch of
// another size than the one before, whose graph is built, planned and recorded anew,
// and logits on their way to the host.
//
// So a batch of samples has a row for each of the first so many slots, a filling one
// where no sample is, and their number is one of few. A prompt is computed by itself,
// and samples start between batches. And all that is drawn is known before the batch is
// computed: a sample computes its prompt's last token for itself instead of drawing
// from logits that were held, so that no logits are needed afterwards.

// batchWidth is the size of a batch with n of seqs slots: 1, 2, 3, 4, 6, 8, 12, 16
// and so on, at most a third of it unused.
func batchWidth(n, seqs int) int {
	w := 1
	for w < n {
		if w3 := w + w/2; w3 > w && w3 >= n {
			w = w3
			break
		}
		w *= 2
	}
	return min(w, seqs)
}

// width is the size of the next batch; 0 but in a steady shape.
func (l *loop) width() int {
	if !l.shape.Steady {
		return 0
	}
	for i := len(l.slots) - 1; i >= 0; i-- {
		if l.slots[i].job != nil {
			return batchWidth(i+1, len(l.slots))
		}
	}
	return 0
}

// padding is how many cells filling rows may take.
func (l *loop) padding() int {
	if l.shape.Steady {
		return len(l.slots)
	}
	return 0
}

// unpad forgets the filling rows of the last batch: what free slots hold is of
// their prompts.
func (l *loop) unpad() {
	for i := range l.width() {
		if s := &l.slots[i]; s.job == nil {
			l.decoder.Trim(i, s.used)
		}
	}
}

// shared is how much of j's prompt its samples take over.
func (l *loop) shared(j *job) int {
	if l.shape.Steady {
		return len(j.prompt) - 1
	}
	return len(j.prompt)
}

// needed is how much of j's prompt is computed before its samples start.
func (l *loop) needed(j *job) int {
	if j.req.Hidden != nil {
		return len(j.prompt)
	}
	return l.shared(j)
}

// again takes the last row of slot i back, from which no token was drawn, so that
// the next batch has it once more.
func (l *loop) again(i int) {
	s := &l.slots[i]
	s.used--
	l.decoder.Trim(i, s.used)
	s.sample.tries++
}
