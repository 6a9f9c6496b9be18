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
	// Valid tells which texts are Python programs. Only the formats need it that have
	// to take completions apart, or whose solutions may be of Python 2.
	Valid func(ctx context.Context, programs []string) ([]bool, error)
	// Examples is a file of the same problems whose questions have the examples that
	// these lack; "" for none.
	Examples string
	Progress *Progress // nil: nobody asks
}

// format is one project's files.
type format struct {
	name string
	read func(ctx context.Context, in Input) (*Set, error)
}

var formats = []format{
	{"humaneval", plain}, {"evalplus", plain},
	{"codet", codeT}, {"coderm", codeRM}, {"livecodebench", liveCodeBench},
	{"codecontests", codeContests}, {"codecontests+", codeContests}, {"apps", apps}, {"taco", taco},
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
	set, err := formats[k].read(ctx, in)
	if err == nil && in.Examples != "" {
		err = set.takeExamples(&in)
	}
	return set, err
}

// plain reads HumanEval's and EvalPlus's files, which are ours but for names.
func plain(_ context.Context, in Input) (*Set, error) {
	set := &Set{}
	err := in.input(in.Problems, func(r *problem.Input) (err error) {
		set.Problems, err = r.Problems()
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range set.Problems {
		asEvalPlus(&set.Problems[i])
	}
	if in.Solutions != "" {
		err = in.ownSolutions(set)
	}
	if err == nil && in.Tests != "" {
		err = in.input(in.Tests, func(r *problem.Input) error {
			groups, err := r.Tests(set.Problems)
			set.Tests = slices.Concat(groups...)
			return err
		})
	}
	return set, err
}

// ownSolutions reads a file of solutions in our own form.
func (in *Input) ownSolutions(set *Set) error {
	return in.input(in.Solutions, func(r *problem.Input) error {
		groups, err := r.Solutions(set.Problems)
		set.Solutions = slices.Concat(groups...)
		return err
	})
}
