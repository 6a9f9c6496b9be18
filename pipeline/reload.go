package pipeline

import (
	"context"
	"fmt"

	"coderm/journal"
	"coderm/rerank"
)

// Reload gives the results of a run as its journal has them, ranked anew by
// the selector (nil: with the recorded choice only). Nothing is drawn, run or
// written.
func Reload(ctx context.Context, j *journal.Journal, sel rerank.Selector, seed uint64) ([]Result, error) {
	in, err := j.Inputs(ctx)
	if err != nil {
		return nil, err
	}
	r := &runner{Config: Config{Problems: in.Problems, Solutions: in.Solutions, Journal: j, Selector: sel, Seed: seed}}
	var out []Result
	for i := range in.Problems {
		w, err := r.load(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", in.Problems[i].ID, err)
		}
		for g := range w.samples {
			w.granted = max(w.granted, g+1)
		}
		res := r.result(w)
		if res.Choice == nil {
			res.Choice = w.choice
		}
		out = append(out, res)
	}
	return out, nil
}
