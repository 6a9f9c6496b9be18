// Package known reads files of what is known of problems before any test: features
// of their texts, and the model's hidden states.
package known

import (
	"fmt"

	"coderm/difficulty"
	"coderm/internal/badinput"
	"coderm/problem"
)

// States says where hidden states come from.
type States struct {
	Model  string // digest of the model file
	Prompt string // what was shown
}

// Join refuses States of different origin.
func (s States) Join(t States) (States, error) {
	switch {
	case s == States{}:
		return t, nil
	case t == States{} || s == t:
		return s, nil
	}
	return s, badinput.Errorf("the hidden states come from different models or prompts (%.12s of %s, %.12s of %s); use one", s.Model, s.Prompt, t.Model, t.Prompt)
}

// Files name what is known; "" for what is not.
type Files struct {
	Problems string // for features of their texts
	Features string // of hidden states, a Line a problem
}

// Complete refuses a problem that a file given for its features has not: it
// would silently go without them, and so would all others.
func (f Files) Complete(id string, k difficulty.Known) error {
	switch {
	case f.Problems != "" && k.Text == nil:
		return badinput.Errorf("%s: problem %q is missing", f.Problems, id)
	case f.Features != "" && k.Hidden == nil:
		return badinput.Errorf("%s: no hidden state of problem %q", f.Features, id)
	}
	return nil
}

// Read gives the problems, if they were named, and what is known by task_id.
func (f Files) Read() (problems []problem.Problem, known map[string]difficulty.Known, from States, err error) {
	known = map[string]difficulty.Known{}
	if f.Problems != "" {
		if problems, err = problem.ReadProblems(f.Problems); err != nil {
			return nil, nil, from, badinput.Mark(err)
		}
		for _, p := range problems {
			known[p.ID] = difficulty.Known{Text: difficulty.TextFeatures(p.Question)}
		}
	}
	if f.Features == "" {
		return problems, known, from, nil
	}
	err = problem.Lines(f.Features, func(line []byte) error {
		l, err := Parse(line)
		if err != nil {
			return err
		}
		if from, err = from.Join(States{l.Model, l.Prompt}); err != nil {
			return err
		}
		k := known[l.TaskID]
		k.Hidden = l.Hidden
		known[l.TaskID] = k
		return nil
	})
	if err == nil && from == (States{}) {
		err = fmt.Errorf("%s: no hidden states in it", f.Features)
	}
	return problems, known, from, badinput.Mark(err)
}

// For gives the problems' ids and what is known of each, complete and of the kind
// that the classifier learned from.
func (f Files) For(c *difficulty.Classifier) (ids []string, each []difficulty.Known, err error) {
	problems, byID, from, err := f.Read()
	if err != nil {
		return nil, nil, err
	}
	if err := c.CheckStates(from.Model, from.Prompt); err != nil {
		return nil, nil, badinput.Mark(err)
	}
	for _, p := range problems {
		k := byID[p.ID]
		if err := f.Complete(p.ID, k); err != nil {
			return nil, nil, err
		}
		ids, each = append(ids, p.ID), append(each, k)
	}
	return ids, each, nil
}
