// Package measure says of generated tests how many the reference solutions do not pass,
// and how many mutants of the references they reject.
package measure

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"coderm/eval"
	"coderm/internal/badinput"
	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/run"
)

// MaxMutants bounds the mutants of a problem, far above any use of them.
const MaxMutants = 1000

// Sources name the tests, and by what they are measured.
type Sources struct {
	Tests    string // a run's folder, or a file
	Problems string // with the references; "": those of the run
	Hidden   string // a file of hidden tests, which tell the equivalent mutants; "" for those of the problems
	Ground   eval.GroundTruth
	Subset   problem.Subset
	Seed     uint64 // draws mutants, and a sample of the problems
	Mutants  int    // the most that a problem has
}

// Inputs are what Sources name, as read.
type Inputs struct {
	src     Sources
	tasks   []task
	leftOut int // more problems that there are tests for

	journal *journal.Journal // of the run's folder; nil: nothing is kept
	note    string
}

// task is a problem with its tests.
type task struct {
	number  int // in the run
	problem problem.Problem
	unknown bool // it is not in the problems file
	tests   []problem.TestLine
	hidden  []problem.TestLine // nil: the problem has them
}

// Read reads the files, and takes the run's folder, to keep there what is found out. Its
// errors are *badinput.Errors.
func Read(ctx context.Context, s Sources) (*Inputs, error) {
	in := &Inputs{src: s}
	if err := in.read(ctx); err != nil {
		in.Close()
		return nil, badinput.Mark(err)
	}
	return in, nil
}

// Note is what a user should know of the folder; empty for nothing.
func (in *Inputs) Note() string { return in.note }

// Keeps tells whether what is found out is kept, so that nothing is measured twice.
func (in *Inputs) Keeps() bool { return in.journal != nil }

// Close gives the run's folder back.
func (in *Inputs) Close() error {
	if in.journal == nil {
		return nil
	}
	return in.journal.Close()
}

func (in *Inputs) read(ctx context.Context) error {
	var problems []problem.Problem
	if in.src.Problems != "" {
		var err error
		if problems, err = problem.ReadProblems(in.src.Problems); err != nil {
			return err
		}
	}
	st, err := os.Stat(in.src.Tests)
	switch {
	case err != nil:
		return err
	case st.IsDir():
		if err = in.readRun(ctx, problems); err == nil {
			err = in.open(ctx)
		}
	case problems == nil:
		return fmt.Errorf("%s is no run's folder: give --problems", in.src.Tests)
	default:
		err = in.readFile(problems)
	}
	if err != nil {
		return err
	}
	all := len(in.tasks)
	in.tasks, err = problem.Pick(in.src.Subset, in.tasks, func(t task) string { return t.problem.ID }, in.src.Seed)
	in.leftOut = all - len(in.tasks)
	if err != nil || in.src.Hidden == "" {
		return err
	}
	return in.readHidden()
}

// readRun takes the tests of a run; given are problems to take in the place of its own.
func (in *Inputs) readRun(ctx context.Context, given []problem.Problem) error {
	recorded, err := run.Read(ctx, in.src.Tests)
	if err != nil {
		return err
	}
	defer recorded.Close()
	index := map[string]problem.Problem{}
	for _, p := range given {
		index[p.ID] = p
	}
	for res, err := range recorded.Results(ctx, rerank.Selector{}) {
		if err != nil {
			return err
		}
		t := task{problem: res.Problem, tests: slices.Collect(run.TestLines(res))}
		if p, ok := index[t.problem.ID]; ok {
			t.problem = p
		} else {
			t.unknown = given != nil
		}
		in.tasks = append(in.tasks, t)
	}
	return nil
}

// open opens the run's journal, to keep in it what is found out. Tests in a folder that
// cannot be written to are measured all the same.
func (in *Inputs) open(ctx context.Context) error {
	j, err := journal.OpenRecorded(ctx, in.src.Tests)
	var path *fs.PathError
	if errors.As(err, &path) && errors.Is(err, fs.ErrPermission) {
		in.note = fmt.Sprintf("what is measured is not kept: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	in.journal = j
	numbers, err := j.Numbers(ctx)
	for k := range in.tasks {
		in.tasks[k].number = numbers[in.tasks[k].problem.ID]
	}
	return err
}

func (in *Inputs) readFile(problems []problem.Problem) error {
	tests, err := problem.ReadTests(in.src.Tests, problems)
	for k, p := range problems {
		in.tasks = append(in.tasks, task{problem: p, tests: tests[k]})
	}
	return err
}

func (in *Inputs) readHidden() error {
	problems := make([]problem.Problem, len(in.tasks))
	for k, t := range in.tasks {
		problems[k] = t.problem
	}
	hidden, err := problem.ReadTests(in.src.Hidden, problems)
	for k := range hidden {
		in.tasks[k].hidden = hidden[k]
	}
	return err
}

// Problems is how many there are.
func (in *Inputs) Problems() int { return len(in.tasks) }

// Measure measures the tests. found is told of every problem, and not concurrently.
func (in *Inputs) Measure(ctx context.Context, judge *run.Judge, found func(known bool)) (*eval.TestStudy, error) {
	study := &eval.TestStudy{Seed: in.src.Seed, Each: in.src.Mutants, LeftOut: in.leftOut}
	tested := make([]*eval.Tested, len(in.tasks))
	excluded := make([]string, len(in.tasks)) // why there is none
	var todo []int
	for k := range in.tasks {
		t := &in.tasks[k]
		switch t.tests = withVerdict(t.tests); {
		case t.unknown:
			excluded[k] = "not in the problems file"
		case len(t.tests) == 0:
			study.Untested++
		case t.problem.Canonical == "":
			study.Unreferenced++
		default:
			todo = append(todo, k)
			continue
		}
		found(false)
	}
	var one sync.Mutex
	err := run.Each(ctx, len(todo), func(ctx context.Context, i int) error {
		k := todo[i]
		t := in.tasks[k]
		sum, known, err := in.measured(ctx, judge, t)
		var unscored *eval.Unscored
		switch {
		case errors.As(err, &unscored):
			excluded[k] = unscored.Reason
		case err != nil:
			return fmt.Errorf("%s: %w", t.problem.ID, err)
		default:
			tested[k] = &sum
		}
		one.Lock()
		defer one.Unlock()
		found(known)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k, t := range tested {
		if t != nil {
			study.PerProblem = append(study.PerProblem, *t)
		}
		if excluded[k] != "" {
			study.Excluded = append(study.Excluded, eval.Excluded{ID: in.tasks[k].problem.ID, Reason: excluded[k]})
		}
	}
	study.Sum()
	return study, nothing(study)
}

// nothing says why no problem could be measured, if none was.
func nothing(s *eval.TestStudy) error {
	switch {
	case s.Problems > 0:
		return nil
	case len(s.Excluded) > 0:
		return badinput.Errorf("no tests could be measured; the first: %s: %s", s.Excluded[0].ID, s.Excluded[0].Reason)
	case s.Unreferenced > 0:
		return badinput.Errorf("none of %d problems with tests has a reference solution (canonical)", s.Unreferenced)
	}
	return badinput.Errorf("there are no tests that expect something")
}

// withVerdict are the tests that expect something.
func withVerdict(tests []problem.TestLine) (out []problem.TestLine) {
	for _, t := range tests {
		if !t.Alone() {
			out = append(out, t)
		}
	}
	return out
}
