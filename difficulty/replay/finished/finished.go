// Package finished reads finished problems with known truth, for the laboratory:
// pass matrix files and run folders, with what was known of the problems before any
// test.
package finished

import (
	"context"

	"coderm/difficulty"
	"coderm/difficulty/known"
	"coderm/difficulty/replay"
	"coderm/eval"
	"coderm/internal/badinput"
	"coderm/passfile"
	"coderm/pipeline"
	"coderm/rerank"
	"coderm/run"
)

// Sources name finished problems. What is wrong with them is a *badinput.Error or a
// *run.InputError.
type Sources struct {
	Matrix []string // pass matrix files
	Labels string   // which labels of them count, a passfile.Label
	Public string   // the scores.jsonl of a run that has their public tests; "" for none
	Runs   []string // folders of runs
	// Unit is what a budget counts: completion, test (completions that gave one) or
	// assert (each check on its own).
	Unit             string
	Known            known.Files
	NoText, NoHidden bool // leave these features unused
}

// Cases reads the finished problems, and where the hidden states they carry come
// from.
func (s *Sources) Cases(ctx context.Context) ([]replay.Case, known.States, error) {
	cases, from, err := s.read(ctx)
	if err != nil {
		return nil, from, err
	}
	seen := map[string]bool{}
	for i := range cases {
		c := &cases[i]
		if seen[c.ID] {
			return nil, from, badinput.Errorf("problem %q is there twice: it would be judged by what was learned from itself; give it once", c.ID)
		}
		seen[c.ID] = true
		switch s.Unit {
		case "completion":
		case "test":
			c.Drawn = 0
		case "assert":
			c.Evidence, c.Drawn = c.Split(), 0
		default:
			return nil, from, badinput.Errorf("--unit %q is unknown; use completion, test or assert", s.Unit)
		}
	}
	_, before, also, err := s.Known.Read()
	if err != nil {
		return nil, from, err
	}
	if from, err = from.Join(also); err != nil {
		return nil, from, err
	}
	return cases, from, s.addKnown(cases, before)
}

// read reads the files and folders.
func (s *Sources) read(ctx context.Context) (cases []replay.Case, from known.States, err error) {
	if len(s.Matrix)+len(s.Runs) == 0 {
		return nil, from, badinput.Errorf("give finished problems with truth: --matrix FILE or --run FOLDER")
	}
	if s.Public != "" && len(s.Matrix) == 0 {
		return nil, from, badinput.Errorf("--public goes with --matrix; a run has its own public tests")
	}
	problems, err := eval.ReadLabelled(s.Matrix, passfile.Label(s.Labels), s.Public)
	if err != nil {
		return nil, from, badinput.Mark(err)
	}
	for _, p := range problems {
		cases = append(cases, replay.Case{ID: p.ID, Evidence: p.Evidence, Right: p.Right, Drawn: p.Drawn})
	}
	for _, dir := range s.Runs {
		more, states, err := runCases(ctx, dir)
		if err != nil {
			return nil, from, err
		}
		if from, err = from.Join(states); err != nil {
			return nil, from, err
		}
		cases = append(cases, more...)
	}
	return cases, from, nil
}

// addKnown adds what is known of the cases by task_id, and drops what is to be
// left unused.
func (s *Sources) addKnown(cases []replay.Case, before map[string]difficulty.Known) error {
	for i := range cases {
		c, k := &cases[i], before[cases[i].ID]
		if err := s.Known.Complete(c.ID, k); err != nil {
			return err
		}
		if k.Text != nil {
			c.Known.Text = k.Text
		}
		if k.Hidden != nil {
			c.Known.Hidden = k.Hidden
		}
		if s.NoText {
			c.Known.Text = nil
		}
		if s.NoHidden {
			c.Known.Hidden = nil
		}
	}
	return nil
}

// runCases reads a run's problems.
func runCases(ctx context.Context, dir string) (cases []replay.Case, from known.States, err error) {
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return nil, from, err
	}
	defer recorded.Close()
	for r, err := range recorded.Results(ctx, rerank.Selector{}) {
		if err != nil {
			return nil, from, err
		}
		c, err := CaseOf(dir, r)
		if err != nil {
			return nil, from, err
		}
		if c.Known.Hidden != nil {
			from = known.States{Model: recorded.Identity.Model, Prompt: recorded.Identity.StatesOf()}
		}
		cases = append(cases, c)
	}
	return cases, from, nil
}

// CaseOf is a run's result as a finished problem.
func CaseOf(dir string, r pipeline.Result) (replay.Case, error) {
	if r.Truth == nil {
		return replay.Case{}, badinput.Errorf("%s: no truth for %s; run it with --truth", dir, r.Problem.ID)
	}
	return replay.Case{
		ID: r.Problem.ID, Evidence: r.Evidence, Right: r.Truth, Drawn: len(r.Samples),
		Known: difficulty.Known{Text: difficulty.TextFeatures(r.Problem.Question), Hidden: difficulty.Wide(r.Hidden)},
	}, nil
}
