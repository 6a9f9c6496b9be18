package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"coderm/journal"
	"coderm/problem"
	"coderm/problem/public"
	"coderm/sandbox"
	"coderm/weights/atomicfile"
)

// checkFolder binds the limits to the run, which completes its settings, and
// refuses a folder of something else before a model is loaded.
func (a *app) checkFolder(ctx context.Context, j *job) error {
	if j.exec {
		j.print["guest"] = sandbox.GuestDigest()
		j.print["examples"] = fmt.Sprint(public.Version)
		j.print["fuel"] = fmt.Sprint(j.limits.Fuel)
		j.print["give up"] = fmt.Sprint(j.limits.GiveUp)
		j.print["memory"] = fmt.Sprint(j.limits.Memory)
		j.print["output"] = fmt.Sprint(j.limits.Output)
	}
	return folderError(journal.Check(ctx, j.out, j.print))
}

func (a *app) openJournal(ctx context.Context, j *job) error {
	jr, err := journal.Open(ctx, j.out, j.print, journal.Inputs{Problems: j.cfg.Problems, Solutions: j.cfg.Solutions})
	if err != nil {
		return folderError(err)
	}
	j.cfg.Journal = jr
	j.cleanup = append(j.cleanup, jr.Close)
	return atomicfile.RemovePartials(j.out) // of a process that was killed: the run is ours alone now
}

// folderError says what is wrong with the run folder, and whose it is to mend.
func folderError(err error) error {
	var mismatch *journal.MismatchError
	var file *journal.FileError
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch), errors.Is(err, journal.ErrForeign), errors.Is(err, journal.ErrBusy), errors.As(err, &file):
		return asUsage(err)
	case errors.As(err, &path):
		return usageError("--out: %w", err)
	}
	return fmt.Errorf("opening the run folder: %w", err)
}

// bind has read take an input file, and binds the file's digest to the run under
// name. The file is read once, so that it may be a pipe.
func (j *job) bind(name, path string, read func(*problem.Input) error) error {
	in, err := problem.Open(path)
	if err != nil {
		return asUsage(err)
	}
	defer in.Close()
	if err := read(in); err != nil {
		return asUsage(err)
	}
	j.print[name], err = in.Digest()
	return asUsage(err)
}

func (j *job) path(name string) string { return filepath.Join(j.out, name) }
