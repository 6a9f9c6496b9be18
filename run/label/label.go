// Package label finds out, after a run, which of its solutions are right.
package label

import (
	"context"
	"fmt"
	"io"

	"coderm/eval"
	"coderm/internal/badinput"
	"coderm/internal/fsx"
	"coderm/passfile"
	"coderm/problem"
	"coderm/sandbox"
)

// Sources name what there is to label, and by what.
type Sources struct {
	Scores    string // the run's pass matrix file
	Problems  string // with the hidden tests, unless there are Hidden ones
	Solutions string // those of the run
	Hidden    string // a file of hidden tests, all of which a right solution passes; "" for none
	Ground    eval.GroundTruth
	// Seconds of native CPython that a candidate may take at least for each hidden
	// test; 0: the default patience.
	Seconds float64
}

// Inputs are what Sources name, as read.
type Inputs struct {
	scores    string
	matrices  []eval.Problem
	problems  []problem.Problem
	solutions [][]problem.Solution
	checks    func(k int) ([]eval.Check, error) // of a problem by its place
}

// Read reads the files. Its errors are *badinput.Errors.
func Read(s Sources) (*Inputs, error) {
	in, err := read(s)
	return in, badinput.Mark(err)
}

func read(s Sources) (*Inputs, error) {
	in := &Inputs{scores: s.Scores}
	var err error
	if in.matrices, err = eval.ReadMatrices(s.Scores, passfile.Unlabelled); err != nil {
		return nil, err
	}
	if in.problems, err = problem.ReadProblems(s.Problems); err != nil {
		return nil, err
	}
	if in.solutions, err = problem.ReadSolutions(s.Solutions, in.problems); err != nil {
		return nil, err
	}
	patience := eval.DefaultPatience()
	if s.Seconds > 0 {
		patience = eval.Patience{Input: s.Seconds, Check: s.Seconds, Test: s.Seconds}
	}
	if s.Hidden == "" {
		in.checks = func(k int) ([]eval.Check, error) { return eval.ChecksOf(in.problems[k], s.Ground, patience) }
		return in, nil
	}
	tests, err := problem.ReadTests(s.Hidden, in.problems)
	if err != nil {
		return nil, err
	}
	in.checks = func(k int) ([]eval.Check, error) { return eval.HiddenChecks(in.problems[k], tests[k], patience) }
	return in, canRun(s.Hidden, tests)
}

// Problems is how many there are to judge.
func (in *Inputs) Problems() int { return len(in.matrices) }

// Judge labels the problems; those that cannot be judged are left out, and why.
// judged is called after each.
func (in *Inputs) Judge(ctx context.Context, ex eval.Executor, judged func()) ([]eval.Problem, []eval.Excluded, error) {
	labelled, excluded, err := eval.LabelAll(ctx, ex, in.matrices, in.problems, in.solutions, in.checks, judged)
	if err == nil && len(labelled) == 0 {
		err = fmt.Errorf("no problem could be scored; the first: %s: %s", excluded[0].ID, excluded[0].Reason)
	}
	return labelled, excluded, err
}

// Save writes the run's matrices with their truth, every other field as it was.
func (in *Inputs) Save(path string, labelled []eval.Problem) error {
	right := map[string][]bool{}
	for _, p := range labelled {
		right[p.ID] = p.Right
	}
	return fsx.WriteBuffered(path, func(w io.Writer) error { return passfile.WriteLabelled(w, in.scores, right) })
}

// canRun refuses a file with tests that come to no verdict.
func canRun(file string, tests [][]problem.TestLine) error {
	for _, list := range tests {
		for _, t := range list {
			if err := sandbox.CanRun(t.Test); err != nil {
				return fmt.Errorf("%s: test %d of %s: %w", file, t.Index, t.TaskID, err)
			}
		}
	}
	return nil
}
