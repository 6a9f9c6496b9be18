package run

import (
	"context"
	"errors"
	"io/fs"
	"iter"

	"coderm/journal"
	"coderm/pipeline"
	"coderm/rerank"
)

// Recorded is a run folder that is only read.
type Recorded struct {
	Identity Identity
	About    About
	journal  *journal.Journal
}

// Read opens a run folder to read it. A folder that holds none is an *InputError.
func Read(ctx context.Context, dir string) (*Recorded, error) {
	j, err := journal.OpenFinished(ctx, dir)
	if err != nil {
		return nil, readError(err)
	}
	r := &Recorded{journal: j}
	if r.About, err = aboutOf(ctx, j); err == nil {
		r.Identity, err = identityOf(r.About.Settings)
	}
	if err != nil {
		j.Close()
		return nil, readError(err)
	}
	return r, nil
}

// Selector is what the run chose by last; the default one where it chose by none.
func (r *Recorded) Selector() rerank.Selector {
	if s, err := rerank.Parse(r.About.Selector); err == nil {
		return s
	}
	return rerank.Default
}

// Results gives the recorded results in the problems' order, ranked anew by the
// selector (none: with the recorded choice only), one in memory at a time.
func (r *Recorded) Results(ctx context.Context, sel rerank.Selector) iter.Seq2[pipeline.Result, error] {
	return func(yield func(pipeline.Result, error) bool) {
		for res, err := range resultsOf(ctx, r.journal, r.Identity, sel) {
			if !yield(res, readError(err)) {
				return
			}
		}
	}
}

// Running tells whether a process is working on the folder now.
func (r *Recorded) Running(dir string) bool {
	_, working := journal.Working(dir)
	return working
}

// TaskIDs are the names of its problems, in order.
func (r *Recorded) TaskIDs(ctx context.Context) (ids []string, err error) {
	for res, err := range r.Results(ctx, rerank.Selector{}) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, res.Problem.ID)
	}
	return ids, nil
}

// Close closes the folder.
func (r *Recorded) Close() error { return r.journal.Close() }

func readError(err error) error {
	var file *journal.FileError
	var path *fs.PathError
	if errors.Is(err, journal.ErrNoRun) || errors.Is(err, journal.ErrBusy) || errors.As(err, &file) || errors.As(err, &path) {
		return asInput(err)
	}
	return err
}
