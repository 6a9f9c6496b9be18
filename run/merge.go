package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"coderm/budget"
	"coderm/internal/fsx"
	"coderm/journal"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
)

// Merged says what Merge made.
type Merged struct {
	Out      string `json:"out"`
	Problems int    `json:"problems"` // that the merged run has
	Selector string `json:"selector,omitempty"`
	Parts    []Part `json:"runs"`
	// Missing are the task_ids of problems that no run is done with; MissingShards are
	// shards of which there is no run, so that their problems are not even known.
	Missing       []string `json:"missing,omitempty"`
	MissingShards []string `json:"missing_shards,omitempty"`
	// Divided is the policy that divided the budget within each shard, and not between
	// all problems; "" for none.
	Divided string `json:"divided_by,omitempty"`
}

// Part is a run that was merged.
type Part struct {
	Run        string `json:"run"`
	Shard      string `json:"shard,omitempty"`
	Finished   int    `json:"finished"`             // problems
	Taken      int    `json:"taken"`                // of them; others had the rest already
	Unfinished int    `json:"unfinished,omitempty"` // more problems
}

// Merge makes one run of several that differ in their shards alone, or adds them to one
// that is there. Every problem that one of them is done with is taken once: from the
// first that is done with it and lacks nothing. The result files are those that the
// whole run would have written. Runs that do not belong together are an *InputError
// that names the difference. merged is told of each run that is done.
func Merge(ctx context.Context, dirs []string, out string, env Env, merged func()) (m Merged, err error) {
	m.Out = out
	parts, about, err := readParts(ctx, dirs)
	if err != nil {
		return m, err
	}
	o, err := journal.Take(ctx, out)
	if err != nil {
		return m, folderError(err)
	}
	defer o.Close()
	j, err := o.Journal(ctx, about.Settings)
	if err != nil {
		return m, folderError(err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	if err := fsx.RemovePartials(out); err != nil {
		return m, err
	}
	before, err := aboutOf(ctx, j)
	if err != nil {
		return m, err
	}
	shards := before.Shards
	unfinished := map[int]string{}
	for k, p := range parts {
		a, err := j.Absorb(ctx, p.Run)
		if err != nil {
			return m, folderError(err)
		}
		parts[k].Finished, parts[k].Taken, parts[k].Unfinished = a.Finished, a.Taken, len(a.Unfinished)
		maps.Copy(unfinished, a.Unfinished)
		if p.Shard != "" && !slices.Contains(shards, p.Shard) {
			shards = append(shards, p.Shard)
		}
		merged()
	}
	m.Selector = about.Selector
	about.Command, about.Shards = env.Command, shards
	if err := tellAbout(ctx, j, about); err != nil {
		return m, err
	}
	m.Parts, m.MissingShards = parts, missingShards(shards, parts)
	if m.Missing, err = missing(ctx, j, unfinished); err != nil {
		return m, err
	}
	if p := about.Settings["policy"]; p != "" && p != budget.PolicyUniform && p != policyGiven && len(shards) > 0 {
		m.Divided = p
	}
	return m, writeMerged(ctx, j, about, &m)
}

func writeMerged(ctx context.Context, j *journal.Journal, about About, m *Merged) error {
	id, err := identityOf(about.Settings)
	if err != nil {
		return err
	}
	var sel rerank.Selector
	if about.Selector != "" {
		if sel, err = rerank.Parse(about.Selector); err != nil {
			return err
		}
	}
	return writeResults(ctx, j, m.Out, id, sel, func(pipeline.Result) error {
		m.Problems++
		return nil
	})
}

// readParts reads what the runs are, and refuses those that do not belong to the first.
// about is what they have in common.
func readParts(ctx context.Context, dirs []string) (parts []Part, about About, err error) {
	for k, dir := range dirs {
		r, err := Read(ctx, dir)
		if err != nil {
			return nil, about, err
		}
		r.Close()
		part, this := Part{Run: dir, Shard: r.Identity.Shard}, r.About
		delete(this.Settings, "shard")
		if k == 0 {
			about = this
		}
		diffs := journal.Differences(about.Settings, this.Settings, "%s: %s and %s")
		if about.Selector != this.Selector {
			diffs = append(diffs, fmt.Sprintf("choice: by %q and by %q", about.Selector, this.Selector))
		}
		if len(diffs) > 0 {
			return nil, about, bad("%s and %s are not of one run (%s)", dirs[0], dir, strings.Join(diffs, "; "))
		}
		parts = append(parts, part)
	}
	return parts, about, nil
}

// missing are the names of unfinished problems that no run was done with.
func missing(ctx context.Context, j *journal.Journal, unfinished map[int]string) (names []string, err error) {
	if len(unfinished) == 0 {
		return nil, nil
	}
	finished, err := j.Finished(ctx)
	for _, number := range slices.Sorted(maps.Keys(unfinished)) {
		if !finished[number] {
			names = append(names, unfinished[number])
		}
	}
	return names, err
}

// missingShards are the shards that the ones there are leave out, numbered by the least
// number of shards that all of theirs divide.
func missingShards(have []string, parts []Part) (out []string) {
	if len(have) == 0 || slices.ContainsFunc(parts, func(p Part) bool { return p.Shard == "" }) {
		return nil // one of the runs is of all problems
	}
	n := 1
	list := make([]problem.Shard, len(have))
	for k, text := range have {
		if list[k].UnmarshalText([]byte(text)) != nil || list[k].Of == 0 {
			return nil
		}
		if n = leastCommonMultiple(n, list[k].Of); n > problem.MaxShards {
			return nil
		}
	}
	there := make([]bool, n)
	for _, s := range list {
		for i := s.Index; i < n; i += s.Of {
			there[i] = true
		}
	}
	for i, ok := range there {
		if !ok {
			out = append(out, problem.Shard{Index: i, Of: n}.String())
		}
	}
	return out
}

func leastCommonMultiple(a, b int) int {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	return a / x * b
}
