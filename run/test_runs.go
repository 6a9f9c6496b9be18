package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"coderm/journal"
	"coderm/model"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// readTestRuns reads the tests of the runs that the spec's folder is or holds, which may
// be shards: as many as this run has, or fewer, or more. Each of this run's problems must
// be finished in one of them, so that a run cannot begin before its tests are there. The
// digest is of what those runs are bound to, and the same for all of their shards.
func (r *Run) readTestRuns(ctx context.Context) (digest string, err error) {
	dirs, err := runsIn(r.spec.Tests)
	if err != nil {
		return "", err
	}
	wanted := map[string]int{} // numbers here, by task_id
	for _, k := range r.inventory.asked {
		wanted[r.inventory.index.IDs[k]] = k
	}
	settings, err := r.commonSettings(ctx, dirs)
	if err != nil {
		return "", err
	}
	for _, dir := range dirs {
		if err := r.takeTests(ctx, dir, wanted); err != nil {
			return "", err
		}
	}
	if n := len(wanted); n > 0 {
		return "", wrong("tests", r.spec.Tests, "of %d of %d problems no run there has finished tests (%s); go on when they are written",
			n, len(r.inventory.asked), slices.Min(slices.Collect(maps.Keys(wanted))))
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(sum, "%q=%q\n", name, settings[name])
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// runsIn are the run folders that dir is or holds, in order.
func runsIn(dir string) (dirs []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, asInput(err)
	}
	for _, e := range entries {
		if e.Name() == journal.Name {
			return []string{dir}, nil
		}
		sub := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(sub, journal.Name)); err == nil {
			dirs = append(dirs, sub)
		}
	}
	if len(dirs) == 0 {
		return nil, wrong("tests", dir, "neither a file, nor the folder of a run, nor one of such folders")
	}
	return dirs, nil
}

// commonSettings is what the runs are bound to but for their shards; else they do not
// belong together.
func (r *Run) commonSettings(ctx context.Context, dirs []string) (journal.Fingerprint, error) {
	var common journal.Fingerprint
	for _, dir := range dirs {
		j, err := journal.Peek(ctx, dir)
		if err != nil {
			return nil, readError(err)
		}
		settings, err := j.Meta(ctx)
		if err := errors.Join(err, j.Close()); err != nil {
			return nil, readError(err)
		}
		delete(settings, "shard")
		if common == nil {
			common = settings
		}
		if diffs := journal.Differences(common, settings, "%s: %s and %s"); len(diffs) > 0 {
			return nil, wrong("tests", r.spec.Tests, "%s and %s are not of one run (%s)", dirs[0], dir, strings.Join(diffs, "; "))
		}
	}
	return common, nil
}

// takeTests takes the tests of the wanted problems that are finished in a folder, and
// leaves the others wanted.
func (r *Run) takeTests(ctx context.Context, dir string, wanted map[string]int) error {
	numbers, j, err := finishedIn(ctx, dir, wanted)
	if err != nil || len(numbers) == 0 {
		return err
	}
	defer j.Close()
	settings, err := j.Meta(ctx)
	if err != nil {
		return readError(err)
	}
	distinct := settings["extraction"] == string(model.AsReference)
	for res, err := range pipeline.Some(ctx, j, numbers, rerank.Selector{}, 0, distinct) {
		if err != nil {
			return readError(err)
		}
		k := wanted[res.Problem.ID]
		for t := range TestLines(res) {
			if err := r.tells(t.Test); err != nil {
				return wrong("tests", dir, "a test of %s: %w", res.Problem.ID, err)
			}
			if err := r.addGiven(ctx, k, t); err != nil {
				return folderError(err)
			}
		}
		delete(wanted, res.Problem.ID)
	}
	return nil
}

// finishedIn are the numbers, in a run's folder, of the wanted problems that are finished
// there. The journal is open where there are some: a folder without is not read in whole.
func finishedIn(ctx context.Context, dir string, wanted map[string]int) (numbers []int, j *journal.Journal, err error) {
	peek, err := journal.Peek(ctx, dir)
	if err != nil {
		return nil, nil, readError(err)
	}
	defer peek.Close()
	settings, err := peek.Meta(ctx)
	if err != nil {
		return nil, nil, readError(err)
	}
	var shard problem.Shard
	if err := shard.UnmarshalText([]byte(settings["shard"])); err != nil {
		return nil, nil, readError(err)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(wanted)), shard.Has) {
		return nil, nil, nil
	}
	there, err := peek.Numbers(ctx)
	if err != nil {
		return nil, nil, readError(err)
	}
	finished, err := peek.Finished(ctx)
	if err != nil {
		return nil, nil, readError(err)
	}
	for id := range wanted {
		if number, ok := there[id]; ok && finished[number] {
			numbers = append(numbers, number)
		}
	}
	if len(numbers) == 0 {
		return nil, nil, nil
	}
	slices.Sort(numbers)
	j, err = journal.OpenFinished(ctx, dir)
	return numbers, j, readError(err)
}
