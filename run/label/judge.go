package label

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"coderm/eval"
	"coderm/internal/badinput"
	"coderm/journal"
	"coderm/problem"
	"coderm/run"
)

// Labels are what came out.
type Labels struct {
	Problems []eval.Problem // with their truth; none where only choices were judged
	Choices  []eval.Chosen  // of the run
	Excluded []eval.Excluded
	LeftOut  int // problems of the run that were not asked for
}

// Judge labels the problems; those that cannot be judged are left out, and why. found
// is told of every solution, also of those judged before, and not concurrently. When
// ctx ends, what was judged until then is kept.
func (in *Inputs) Judge(ctx context.Context, ex *run.Judge, found func(known bool)) (Labels, error) {
	each := make([]labelled, len(in.matrices))
	var one sync.Mutex
	err := run.Each(ctx, len(in.matrices), func(ctx context.Context, k int) (err error) {
		each[k], err = in.label(ctx, ex, in.matrices[k], func(known bool) {
			one.Lock()
			defer one.Unlock()
			found(known)
		})
		return err
	})
	if err != nil {
		return Labels{}, err
	}
	out := Labels{LeftOut: in.leftOut}
	for k, l := range each {
		switch {
		case l.excluded != "":
			out.Excluded = append(out.Excluded, eval.Excluded{ID: in.matrices[k].ID, Reason: l.excluded})
			continue
		case !in.src.Chosen:
			out.Problems = append(out.Problems, l.problem)
		}
		if l.chosen != nil {
			out.Choices = append(out.Choices, *l.chosen)
		}
	}
	if len(out.Problems)+len(out.Choices) == 0 {
		return out, fmt.Errorf("no problem could be scored; the first: %s: %s", out.Excluded[0].ID, out.Excluded[0].Reason)
	}
	return out, nil
}

// labelled is a problem that is done.
type labelled struct {
	problem  eval.Problem
	chosen   *eval.Chosen
	excluded string // why there is neither
}

func (in *Inputs) label(ctx context.Context, ex *run.Judge, m eval.Problem, found func(known bool)) (labelled, error) {
	if in.src.Chosen && m.Chosen < 0 {
		return labelled{excluded: "the run has no choice for it"}, nil
	}
	p, programs, err := in.given(ctx, m)
	if err != nil {
		return labelled{}, err
	}
	if p == nil {
		return labelled{excluded: "not in the problems file"}, nil
	}
	first := firstSamples(m)
	if in.src.Chosen {
		row := m.Samples[m.Chosen]
		programs, first = programs[row:row+1], first[row:row+1]
	}
	number, kept := in.numbers[m.ID]
	judging := run.Judging{Judge: ex, Journal: in.journal}
	if !kept {
		judging.Journal = nil
	}
	checks, err := in.checks(*p)
	var judged []journal.Judged
	if err == nil {
		judged, err = judging.Problem(ctx, number, *p, programs, first, checks, found)
	}
	var unscored *eval.Unscored
	if errors.As(err, &unscored) {
		return labelled{excluded: unscored.Reason}, nil
	}
	if err != nil {
		return labelled{}, err
	}
	if in.src.Chosen {
		return labelled{chosen: &eval.Chosen{ID: m.ID, Solution: m.Chosen, Right: judged[0].Right, Why: judged[0].Why}}, nil
	}
	out := labelled{problem: m}
	truth := map[int]journal.Judged{}
	for row, j := range judged {
		out.problem.Right = append(out.problem.Right, j.Right)
		truth[first[row]] = j
	}
	if m.Chosen >= 0 {
		j := judged[m.Samples[m.Chosen]]
		out.chosen = &eval.Chosen{ID: m.ID, Solution: m.Chosen, Right: j.Right, Why: j.Why}
	}
	if kept {
		err = in.journal.AddTruth(ctx, number, truth) // for the report
	}
	return out, err
}

// given gives the problem of a matrix and the program of each row; no problem where
// the problems file has none.
func (in *Inputs) given(ctx context.Context, m eval.Problem) (*problem.Problem, []string, error) {
	var recorded journal.Input
	number, ok := in.numbers[m.ID]
	if ok {
		var err error
		if recorded, err = in.journal.Input(ctx, number); err != nil {
			return nil, nil, err
		}
	}
	p, solutions := recorded.Problem, recorded.Solutions
	if in.problems != nil {
		var known bool
		if p, known = in.problems[m.ID]; !known {
			return nil, nil, nil
		}
	}
	if in.solutions != nil {
		solutions = in.solutions[m.ID]
	}
	if !ok && in.solutions == nil {
		return nil, nil, badinput.Errorf("%s: not in run.db: give --solutions", m.ID)
	}
	programs, err := programsOf(m, solutions)
	if err == nil && ok {
		err = same(solutions, recorded.Solutions)
	}
	if err != nil {
		return nil, nil, badinput.Errorf("%s: %w", m.ID, err)
	}
	return &p, programs, nil
}

func (in *Inputs) checks(p problem.Problem) ([]eval.Check, error) {
	if in.hidden != nil {
		return eval.HiddenChecks(p, in.hidden[p.ID], in.patience)
	}
	return eval.ChecksOf(p, in.src.Ground, in.patience)
}

// programsOf lists the program of every row of a matrix.
func programsOf(m eval.Problem, solutions []problem.Solution) ([]string, error) {
	if len(solutions) != len(m.Samples) {
		return nil, fmt.Errorf("%d solutions given, the matrix has %d samples", len(solutions), len(m.Samples))
	}
	programs := make([]string, m.Matrix.Rows())
	for s, row := range m.Samples {
		if programs[row] == "" {
			programs[row] = solutions[s].Code
		} else if programs[row] != solutions[s].Code {
			return nil, fmt.Errorf("solution %d is not the program of row %d; were the solutions reordered?", s, row)
		}
	}
	return programs, nil
}

// same fails where solutions are not those of the run: what is judged is kept by
// their numbers.
func same(given, recorded []problem.Solution) error {
	for k, s := range given {
		if k >= len(recorded) || s.Code != recorded[k].Code {
			return fmt.Errorf("solution %d is not that of the run; leave --solutions out to judge the run's own", k)
		}
	}
	return nil
}

// firstSamples is the first sample of each row.
func firstSamples(m eval.Problem) []int {
	first := make([]int, m.Matrix.Rows())
	for s := len(m.Samples) - 1; s >= 0; s-- {
		first[m.Samples[s]] = s
	}
	return first
}
