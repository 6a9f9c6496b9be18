package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coderm/difficulty"
	"coderm/difficulty/replay"
	"coderm/eval"
	"coderm/passfile"
	"coderm/pipeline"
	"coderm/rerank"
	"coderm/run"
)

// finished are the flags that name finished problems with known truth.
type finished struct {
	matrix, runs          []string
	labels, unit, public  string
	selector, granularity string
	noText, noHidden      bool
	knownOptions
}

func (o *finished) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&o.matrix, "matrix", nil, "finished problems with truth: pass matrix `FILES`, or scores.jsonl of runs")
	f.StringSliceVar(&o.runs, "run", nil, "`FOLDERS` of finished runs with truth (rerank --truth)")
	f.StringVar(&o.labels, "labels", string(passfile.LabelTruth), "labels of the matrix file: truth or truth_base")
	f.StringVar(&o.unit, "unit", "completion", "what the budget counts: completion, test (completions that gave one) or assert (each check on its own)")
	f.StringVar(&o.public, "public", "", "scores.jsonl `FILE` of a run that has the matrix files' public tests (exec without --tests)")
	f.StringVar(&o.selector, "selector", rerank.Default.String(), "rule that chooses the solutions: "+selectorNames())
	f.StringVar(&o.granularity, "granularity", "", "what counts as a test: class or method (default: the selector's own)")
	f.BoolVar(&o.noText, "no-text", false, "leave text features unused")
	f.BoolVar(&o.noHidden, "no-hidden", false, "leave hidden states unused")
	o.knownOptions.flags(c)
}

func pilotFlag(f *pflag.FlagSet, groups *[]string) {
	f.StringSliceVar(groups, "pilot", nil, "`GROUPS` of pilot features to use (default all): "+strings.Join(difficulty.PilotGroups(), ", "))
}

// cases reads the finished problems, and where the hidden states they carry come
// from.
func (o *finished) cases(ctx context.Context) ([]replay.Case, states, error) {
	cases, from, err := o.read(ctx)
	if err != nil {
		return nil, from, err
	}
	seen := map[string]bool{}
	for i := range cases {
		c := &cases[i]
		if seen[c.ID] {
			return nil, from, usageError("problem %q is there twice: it would be judged by what was learned from itself; give it once", c.ID)
		}
		seen[c.ID] = true
		switch o.unit {
		case "completion":
		case "test":
			c.Drawn = 0
		case "assert":
			c.Evidence, c.Drawn = c.Split(), 0
		default:
			return nil, from, usageError("--unit %q is unknown; use completion, test or assert", o.unit)
		}
	}
	_, known, s, err := o.knownOptions.read()
	if err != nil {
		return nil, from, err
	}
	if from, err = from.join(s); err != nil {
		return nil, from, err
	}
	return cases, from, o.addKnown(cases, known)
}

// read reads the files and folders.
func (o *finished) read(ctx context.Context) (cases []replay.Case, from states, err error) {
	if len(o.matrix)+len(o.runs) == 0 {
		return nil, from, usageError("give finished problems with truth: --matrix FILE or --run FOLDER")
	}
	if o.public != "" && len(o.matrix) == 0 {
		return nil, from, usageError("--public goes with --matrix; a run has its own public tests")
	}
	problems, err := readMatrices(o.matrix, o.labels, o.public)
	if err != nil {
		return nil, from, err
	}
	for _, p := range problems {
		cases = append(cases, replay.Case{ID: p.ID, Evidence: p.Evidence, Right: p.Right, Drawn: p.Drawn})
	}
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
	return cases, from, nil
}

// readMatrices reads pass matrix files; public is the scores.jsonl of a run that has
// their public tests, if any.
func readMatrices(paths []string, labels, public string) ([]eval.Problem, error) {
	var out []eval.Problem
	for _, path := range paths {
		problems, err := eval.ReadMatrices(path, passfile.Label(labels))
		if err != nil {
			return nil, asUsage(err)
		}
		out = append(out, problems...)
	}
	if public != "" {
		if err := eval.AddPublic(out, public); err != nil {
			return nil, asUsage(err)
		}
	}
	return out, nil
}

// addKnown adds what is known of the cases by task_id, and drops what is to be
// left unused.
func (o *finished) addKnown(cases []replay.Case, known map[string]difficulty.Known) error {
	for i := range cases {
		c, k := &cases[i], known[cases[i].ID]
		if err := o.complete(c.ID, k); err != nil {
			return err
		}
		if k.Text != nil {
			c.Known.Text = k.Text
		}
		if k.Hidden != nil {
			c.Known.Hidden = k.Hidden
		}
		if o.noText {
			c.Known.Text = nil
		}
		if o.noHidden {
			c.Known.Hidden = nil
		}
	}
	return nil
}

// runCases reads a run's problems.
func runCases(ctx context.Context, dir string) (cases []replay.Case, from states, err error) {
	recorded, err := run.Read(ctx, dir)
	if err != nil {
		return nil, from, err
	}
	defer recorded.Close()
	for r, err := range recorded.Results(ctx, rerank.Selector{}) {
		if err != nil {
			return nil, from, err
		}
		c, err := caseOf(dir, r)
		if err != nil {
			return nil, from, err
		}
		if c.Known.Hidden != nil {
			from = states{model: recorded.Identity.Model, prompt: recorded.Identity.Style}
		}
		cases = append(cases, c)
	}
	return cases, from, nil
}

// caseOf is a run's result as a finished problem.
func caseOf(dir string, r pipeline.Result) (replay.Case, error) {
	if r.Truth == nil {
		return replay.Case{}, usageError("%s: no truth for %s; run it with --truth", dir, r.Problem.ID)
	}
	return replay.Case{
		ID: r.Problem.ID, Evidence: r.Evidence, Right: r.Truth, Drawn: len(r.Samples),
		Known: difficulty.Known{Text: difficulty.TextFeatures(r.Problem.Question), Hidden: difficulty.Wide(r.Hidden)},
	}, nil
}
