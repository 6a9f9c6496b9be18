package pipeline

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Unjudged is the reason why a problem's solutions cannot be told right from wrong.
type Unjudged string

func (u Unjudged) Error() string { return string(u) }

// judge finds out which solutions are right, of several problems at once: what
// takes long is a few candidates that never end.
func (r *runner) judge(ctx context.Context) error {
	if r.Judge == nil {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, r.Judging))
	for _, w := range r.work {
		if w.truth != nil || len(w.rows) == 0 {
			continue
		}
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return w.named(r.judgeOne(ctx, w))
		})
	}
	return g.Wait()
}

func (r *runner) judgeOne(ctx context.Context, w *work) error {
	right, err := r.Judge(ctx, w.problem, w.rows)
	var unjudged Unjudged
	if errors.As(err, &unjudged) {
		w.unjudged = unjudged
		return nil // unknown, not wrong
	}
	if err != nil {
		return fmt.Errorf("judging the solutions: %w", err)
	}
	w.truth = right
	bySolution := map[int]bool{}
	for row, ok := range right {
		bySolution[w.first[row]] = ok
	}
	return r.Journal.AddTruth(ctx, w.number, bySolution)
}
