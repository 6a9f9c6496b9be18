package pipeline

import (
	"context"

	"coderm/engine"
	"coderm/journal"
)

// Ahead tells of a problem, before a run, how many distinct solutions it has and with
// which prompts w, if there is one, would ask for its tests.
func Ahead(ctx context.Context, j *journal.Journal, w *Writer, number int) (distinct int, prompts []engine.Prompt, err error) {
	in, err := j.Input(ctx, number)
	if err != nil {
		return 0, nil, err
	}
	p := newWork(number, in)
	if w == nil {
		return len(p.rows), nil, nil
	}
	list, err := w.prompts(ctx, p.task())
	for _, x := range list {
		prompts = append(prompts, x.text)
	}
	return len(p.rows), prompts, p.named(err)
}
