package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"coderm/difficulty"
	"coderm/problem"
)

// states says where hidden states come from.
type states struct{ model, prompt string }

// join refuses states of different origin.
func (s states) join(t states) (states, error) {
	switch {
	case s == states{}:
		return t, nil
	case t == states{} || s == t:
		return s, nil
	}
	return s, usageError("the hidden states come from different models or prompts (%.12s of %s, %.12s of %s); use one", s.model, s.prompt, t.model, t.prompt)
}

// knownOptions name what is known of problems before any test.
type knownOptions struct{ problems, features string }

func (o *knownOptions) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.problems, "problems", "", "problems `FILE`, for features of the texts")
	f.StringVar(&o.features, "features", "", "`FILE` of hidden states, from 'budget features'")
}

// complete refuses a problem that a file given for its features has not: it
// would silently go without them, and so would all others.
func (o *knownOptions) complete(id string, k difficulty.Known) error {
	switch {
	case o.problems != "" && k.Text == nil:
		return usageError("%s: problem %q is missing", o.problems, id)
	case o.features != "" && k.Hidden == nil:
		return usageError("%s: no hidden state of problem %q", o.features, id)
	}
	return nil
}

// read gives the problems, if they were named, and what is known by task_id.
func (o *knownOptions) read() (problems []problem.Problem, known map[string]difficulty.Known, from states, err error) {
	known = map[string]difficulty.Known{}
	if o.problems != "" {
		if problems, err = problem.ReadProblems(o.problems); err != nil {
			return nil, nil, from, asUsage(err)
		}
		for _, p := range problems {
			known[p.ID] = difficulty.Known{Text: difficulty.TextFeatures(p.Question)}
		}
	}
	if o.features == "" {
		return problems, known, from, nil
	}
	err = problem.Lines(o.features, func(line []byte) error {
		l, err := parseFeatures(line)
		if err != nil {
			return err
		}
		if from, err = from.join(states{l.Model, l.Prompt}); err != nil {
			return err
		}
		k := known[l.TaskID]
		k.Hidden = l.Hidden
		known[l.TaskID] = k
		return nil
	})
	if err == nil && from == (states{}) {
		err = fmt.Errorf("%s: no hidden states in it", o.features)
	}
	return problems, known, from, asUsage(err)
}
