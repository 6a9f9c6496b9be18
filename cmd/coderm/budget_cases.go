package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coderm/difficulty"
	"coderm/eval"
	"coderm/pipeline"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// finished are the flags that name finished problems with known truth.
type finished struct {
	matrix, runs          []string
	labels, unit          string
	selector, granularity string
	noText, noHidden      bool
	knownOptions
}

func (o *finished) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&o.matrix, "matrix", nil, "finished problems with truth: pass matrix `FILES`, or scores.jsonl of runs")
	f.StringSliceVar(&o.runs, "run", nil, "`FOLDERS` of finished runs with truth (rerank --truth)")
	f.StringVar(&o.labels, "labels", string(eval.LabelTruth), "labels of the matrix file: truth or truth_base")
	f.StringVar(&o.unit, "unit", "completion", "what the budget counts: completion, test (completions that gave one) or assert (each check on its own)")
	f.StringVar(&o.selector, "selector", "auto", "rule that chooses the solutions: "+strings.Join(rerank.Names(), ", "))
	f.StringVar(&o.granularity, "granularity", "", "what counts as a test: class or method (default: the selector's own)")
	f.BoolVar(&o.noText, "no-text", false, "leave text features unused")
	f.BoolVar(&o.noHidden, "no-hidden", false, "leave hidden states unused")
	o.knownOptions.flags(c)
}

func pilotFlag(f *pflag.FlagSet, groups *[]string) {
	f.StringSliceVar(groups, "pilot", nil, "`GROUPS` of pilot features to use (default all): "+strings.Join(difficulty.PilotGroups(), ", "))
}

// chooser is the selector the flags name.
func (o *finished) chooser() (rerank.Selector, error) {
	sel, err := rerank.ByName(o.selector, rerank.Granularity(o.granularity))
	return sel, asUsage(err)
}

// cases reads the finished problems, and the digest of the model whose hidden
// states they carry.
func (o *finished) cases(ctx context.Context) ([]difficulty.Case, states, error) {
	if len(o.matrix)+len(o.runs) == 0 {
		return nil, states{}, usageError("give finished problems with truth: --matrix FILE or --run FOLDER")
	}
	var cases []difficulty.Case
	for _, path := range o.matrix {
		problems, err := eval.ReadMatrices(path, eval.Label(o.labels))
		if err != nil {
			return nil, states{}, asUsage(err)
		}
		for _, p := range problems {
			cases = append(cases, difficulty.Case{ID: p.ID, Matrix: p.Matrix, Right: p.Right, Drawn: p.Drawn})
		}
	}
	var from states
	for _, dir := range o.runs {
		more, s, err := runCases(ctx, dir)
		if err != nil {
			return nil, from, err
		}
		if from, err = from.join(s); err != nil {
			return nil, from, err
		}
		cases = append(cases, more...)
	}
	for i := range cases {
		switch o.unit {
		case "completion":
		case "test":
			cases[i].Drawn = 0
		case "assert":
			cases[i].Matrix, cases[i].Drawn = cases[i].Matrix.Split(), 0
		default:
			return nil, from, usageError("--unit %q is unknown; use completion, test or assert", o.unit)
		}
	}
	known, s, err := o.read()
	if err != nil {
		return nil, from, err
	}
	if from, err = from.join(s); err != nil {
		return nil, from, err
	}
	for i := range cases {
		k := known[cases[i].ID]
		if err := o.complete(cases[i].ID, k); err != nil {
			return nil, from, err
		}
		if k.Text != nil {
			cases[i].Known.Text = k.Text
		}
		if k.Hidden != nil {
			cases[i].Known.Hidden = k.Hidden
		}
		if o.noText {
			cases[i].Known.Text = nil
		}
		if o.noHidden {
			cases[i].Known.Hidden = nil
		}
	}
	return cases, from, nil
}

// runCases reads a run's problems.
func runCases(ctx context.Context, dir string) ([]difficulty.Case, states, error) {
	meta, results, err := readRun(ctx, dir, nil)
	if err != nil {
		return nil, states{}, err
	}
	var from states
	if slices.ContainsFunc(results, func(r pipeline.Result) bool { return r.Hidden != nil }) {
		from = states{model: meta["model"], prompt: meta["style"]}
	}
	cases, err := casesOf(dir, results)
	return cases, from, err
}

// casesOf are a run's results as finished problems.
func casesOf(dir string, results []pipeline.Result) ([]difficulty.Case, error) {
	var cases []difficulty.Case
	for _, r := range results {
		if r.Truth == nil {
			return nil, usageError("%s: no truth for %s; run it with --truth", dir, r.Problem.ID)
		}
		c := difficulty.Case{
			ID: r.Problem.ID, Matrix: r.Matrix, Right: make([]bool, len(r.Truth)), Drawn: len(r.Samples),
			Known: difficulty.Known{Text: difficulty.TextFeatures(r.Problem.Question), Hidden: difficulty.Wide(r.Hidden)},
		}
		for row, k := range r.Truth {
			c.Right[row] = k == sandbox.Pass
		}
		cases = append(cases, c)
	}
	return cases, nil
}

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

// read gives what is known, by task_id.
func (o *knownOptions) read() (map[string]difficulty.Known, states, error) {
	known := map[string]difficulty.Known{}
	if o.problems != "" {
		problems, err := problem.ReadProblems(o.problems)
		if err != nil {
			return nil, states{}, asUsage(err)
		}
		for _, p := range problems {
			known[p.ID] = difficulty.Known{Text: difficulty.TextFeatures(p.Question)}
		}
	}
	var from states
	if o.features == "" {
		return known, from, nil
	}
	err := problem.Lines(o.features, func(line []byte) error {
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
	return known, from, asUsage(err)
}
