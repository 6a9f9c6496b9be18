// Package convert reads the file formats of other projects into problems,
// solutions and unit tests. What a problem's line holds beyond our fields is
// kept in its Extra.
package convert

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"coderm/problem"
)

// Set is what came out of an import; a part that was not asked for is nil.
type Set struct {
	Problems  []problem.Problem
	Solutions []problem.Solution
	Tests     []problem.TestLine
	// Hidden are tests that say which solutions are right, and are for nothing else.
	Hidden []problem.TestLine
}

// Keep leaves out what belongs to other problems than those of the subset.
func (s *Set) Keep(subset problem.Subset, seed uint64) (err error) {
	if s.Problems, err = problem.Pick(subset, s.Problems, func(p problem.Problem) string { return p.ID }, seed); err != nil || subset.Whole() {
		return err
	}
	kept := map[string]bool{}
	for _, p := range s.Problems {
		kept[p.ID] = true
	}
	lost := func(t problem.TestLine) bool { return !kept[t.TaskID] }
	s.Solutions = slices.DeleteFunc(s.Solutions, func(x problem.Solution) bool { return !kept[x.TaskID] })
	s.Tests, s.Hidden = slices.DeleteFunc(s.Tests, lost), slices.DeleteFunc(s.Hidden, lost)
	return nil
}

// Input names the files of an import; "" leaves a part out.
type Input struct {
	Problems, Solutions, Tests string
	// Valid tells which texts are Python programs. Only the formats that have
	// to take completions apart need it.
	Valid func(ctx context.Context, programs []string) ([]bool, error)
}

// format is one project's files.
type format struct {
	name string
	read func(ctx context.Context, in Input) (*Set, error)
}

var formats = []format{
	{"humaneval", plain}, {"evalplus", plain},
	{"codet", codeT}, {"coderm", codeRM}, {"livecodebench", liveCodeBench},
}

// Formats lists the formats that Read knows.
func Formats() []string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// Read imports files of the named format.
func Read(ctx context.Context, name string, in Input) (*Set, error) {
	k := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if k < 0 {
		return nil, fmt.Errorf("format %q is unknown; use one of %s", name, strings.Join(Formats(), ", "))
	}
	if in.Problems == "" {
		return nil, fmt.Errorf("format %s needs a problems file", name)
	}
	return formats[k].read(ctx, in)
}

// plain reads HumanEval's and EvalPlus's files, which are ours but for names.
func plain(_ context.Context, in Input) (*Set, error) {
	problems, err := problem.ReadProblems(in.Problems)
	if err != nil {
		return nil, err
	}
	set := &Set{Problems: problems}
	if in.Solutions != "" {
		groups, err := problem.ReadSolutions(in.Solutions, problems)
		if err != nil {
			return nil, err
		}
		set.Solutions = slices.Concat(groups...)
	}
	if in.Tests != "" {
		groups, err := problem.ReadTests(in.Tests, problems)
		if err != nil {
			return nil, err
		}
		set.Tests = slices.Concat(groups...)
	}
	return set, nil
}
