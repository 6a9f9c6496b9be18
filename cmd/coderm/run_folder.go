package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"coderm/journal"
	"coderm/weights/chunk"
)

// checkFolder binds the limits to the run, which completes its settings, and
// refuses a folder of something else before a model is loaded.
func (a *app) checkFolder(ctx context.Context, j *job) error {
	if j.exec {
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
	return removePartials(j.out)
}

// folderError says what is wrong with the run folder, and whose it is to mend.
func folderError(err error) error {
	var mismatch *journal.MismatchError
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &mismatch), errors.Is(err, journal.ErrForeign), errors.Is(err, journal.ErrBusy):
		return asUsage(err)
	case errors.As(err, &path):
		return usageError("--out: %w", err)
	}
	return fmt.Errorf("opening the run folder: %w", err)
}

// removePartials clears what a process that was killed while it wrote its
// results left behind. The run is ours alone now.
func removePartials(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, ".*.partial-*"))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// fileDigest is the SHA-256 of a file, in hex.
func fileDigest(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum, _, err := chunk.DigestAll(ctx, f)
	return sum, err
}

func (j *job) path(name string) string { return filepath.Join(j.out, name) }
