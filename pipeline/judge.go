package pipeline

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"coderm/journal"
)

// Unjudged is the reason why a problem's solutions cannot be told right from wrong.
type Unjudged string

func (u Unjudged) Error() string { return string(u) }

// judge finds out which solutions are right, of several problems at once: what
// takes long is a few candidates that never end. It goes on beside the tests: the
// hidden checks need none of them, and while a model writes the executor has time.
func (r *runner) judge(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Judging))
	for _, i := range r.numbers {
		g.Go(func() error {
			if err := ctx.Err(); err != nil || r.stopping() {
				return err
			}
			if err := r.judgeOne(ctx, i); err != nil {
				return err
			}
			return r.settle(ctx, i, nil, func(s *state) { s.judged = true })
		})
	}
	return g.Wait()
}

func (r *runner) judgeOne(ctx context.Context, number int) error {
	if r.Judge == nil {
		return nil
	}
	in, err := r.Journal.Input(ctx, number)
	if err != nil {
		return err
	}
	w := newWork(number, in)
	if err := r.knowTruth(ctx, w); err != nil {
		return err
	}
	tally := &r.Progress.Judged
	if w.truth != nil || len(w.rows) == 0 {
		tally.Plan(0, true)
		tally.Keep(len(w.rows))
		return nil
	}
	tally.Plan(len(w.rows), true)
	left := len(w.rows)
	judged, err := r.Judge(ctx, number, w.problem, w.rows, w.first, func(known bool) {
		left--
		tally.Done.Add(1)
		if known {
			tally.Kept.Add(1)
		}
	})
	var unjudged Unjudged
	if errors.As(err, &unjudged) {
		tally.Planned.Add(-int64(left))
		r.states[number].unjudged = unjudged
		return nil // unknown, not wrong
	}
	if err != nil {
		return w.named(fmt.Errorf("judging the solutions: %w", err))
	}
	bySolution := map[int]journal.Judged{}
	for row, j := range judged {
		bySolution[w.first[row]] = j
	}
	return w.named(r.Journal.AddTruth(ctx, number, bySolution))
}

// knowTruth reads what is recorded of the truth by now.
func (r *runner) knowTruth(ctx context.Context, w *work) error {
	known, err := r.Journal.LoadTruth(ctx, w.number)
	if err == nil {
		w.setTruth(known)
	}
	return w.named(err)
}
