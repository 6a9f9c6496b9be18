// Package label finds out, after a run, which of its solutions are right.
package label

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"coderm/eval"
	"coderm/internal/badinput"
	"coderm/internal/fsx"
	"coderm/journal"
	"coderm/passfile"
	"coderm/problem"
	"coderm/run"
	"coderm/sandbox"
)

// Sources name what there is to label, and by what.
type Sources struct {
	Dir       string // the run's folder
	Problems  string // with the hidden tests, unless there are Hidden ones; "": those of the run
	Solutions string // those of the run; "": as the run has them
	Hidden    string // a file of hidden tests, all of which a right solution passes; "" for none
	Ground    eval.GroundTruth
	// Seconds of native CPython that a candidate may take at least for each hidden
	// test; 0: the default patience.
	Seconds float64
	Chosen  bool           // judge the run's choices only
	Subset  problem.Subset // of the run's problems
	Seed    uint64         // draws a sample of them
}

// Inputs are what Sources name, as read.
type Inputs struct {
	src       Sources
	scores    string
	matrices  []eval.Problem
	leftOut   int                        // more matrices that the run has
	problems  map[string]problem.Problem // by task_id; nil: those of the run
	solutions map[string][]problem.Solution
	hidden    map[string][]problem.TestLine // nil: the problems have them
	patience  eval.Patience

	journal *journal.Journal // nil: the folder has none that can be added to
	numbers map[string]int   // of the run's problems
	note    string
}

// Read reads the files and takes the run's folder, to keep there what is found out.
// Its errors are *badinput.Errors.
func Read(ctx context.Context, s Sources) (*Inputs, error) {
	in := &Inputs{src: s, scores: filepath.Join(s.Dir, run.ScoresFile), patience: eval.DefaultPatience()}
	if s.Seconds > 0 {
		in.patience = eval.Patience{Input: s.Seconds, Check: s.Seconds, Test: s.Seconds}
	}
	err := in.open(ctx)
	if err == nil {
		err = in.read()
	}
	if err != nil {
		in.Close()
		return nil, badinput.Mark(err)
	}
	return in, nil
}

// open opens the run's journal. A folder that cannot be written to, or has other
// files of its kind only, is judged all the same.
func (in *Inputs) open(ctx context.Context) (err error) {
	in.journal, err = journal.OpenRecorded(ctx, in.src.Dir)
	var path *fs.PathError
	switch {
	case errors.Is(err, journal.ErrNoRun):
	case errors.As(err, &path) && errors.Is(err, fs.ErrPermission):
		in.note = fmt.Sprintf("verdicts are not kept: %v", err)
	case err != nil:
		return err
	default:
		in.numbers, err = in.journal.Numbers(ctx)
		return err
	}
	if in.src.Problems == "" || in.src.Solutions == "" {
		return fmt.Errorf("%s has no run.db to take them from: give --problems and --solutions", in.src.Dir)
	}
	return nil
}

func (in *Inputs) read() (err error) {
	if in.matrices, err = eval.ReadMatrices(in.scores, passfile.Unlabelled); err != nil {
		return err
	}
	all := len(in.matrices)
	if in.matrices, err = problem.Pick(in.src.Subset, in.matrices, func(m eval.Problem) string { return m.ID }, in.src.Seed); err != nil {
		return err
	}
	in.leftOut = all - len(in.matrices)
	if in.src.Problems == "" {
		if in.src.Solutions != "" || in.src.Hidden != "" {
			return errors.New("--solutions and --hidden need --problems")
		}
		return nil
	}
	problems, err := problem.ReadProblems(in.src.Problems)
	if err != nil {
		return err
	}
	in.problems = byTask(problems, problems)
	if in.src.Solutions != "" {
		solutions, err := problem.ReadSolutions(in.src.Solutions, problems)
		if err != nil {
			return err
		}
		in.solutions = byTask(problems, solutions)
	}
	if in.src.Hidden == "" {
		return nil
	}
	tests, err := problem.ReadTests(in.src.Hidden, problems)
	if err != nil {
		return err
	}
	in.hidden = byTask(problems, tests)
	return canRun(in.src.Hidden, tests)
}

func byTask[T any](problems []problem.Problem, each []T) map[string]T {
	out := make(map[string]T, len(problems))
	for k, p := range problems {
		out[p.ID] = each[k]
	}
	return out
}

// Note is what a user should know of the folder; empty for nothing.
func (in *Inputs) Note() string { return in.note }

// Solutions is how many distinct ones there are to judge.
func (in *Inputs) Solutions() (n int) {
	for _, m := range in.matrices {
		switch {
		case !in.src.Chosen:
			n += m.Matrix.Rows()
		case m.Chosen >= 0:
			n++
		}
	}
	return n
}

// Close gives the run's folder back.
func (in *Inputs) Close() error {
	if in.journal == nil {
		return nil
	}
	return in.journal.Close()
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
