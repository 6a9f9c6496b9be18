package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"coderm/difficulty"
	"coderm/difficulty/known"
	"coderm/difficulty/replay/finished"
	"coderm/passfile"
	"coderm/rerank"
)

// finishedFlags are the flags that name finished problems with known truth.
type finishedFlags struct {
	finished.Sources
	selector, granularity string
}

func (o *finishedFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringSliceVar(&o.Matrix, "matrix", nil, "finished problems with truth: pass matrix `FILES`, or scores.jsonl of runs")
	f.StringSliceVar(&o.Runs, "run", nil, "`FOLDERS` of finished runs with truth (rerank --truth)")
	f.StringVar(&o.Labels, "labels", string(passfile.LabelTruth), "labels of the matrix file: truth or truth_base")
	f.StringVar(&o.Unit, "unit", "completion", "what the budget counts: completion, test (completions that gave one) or assert (each check on its own)")
	f.StringVar(&o.Public, "public", "", "scores.jsonl `FILE` of a run that has the matrix files' public tests (exec without --tests)")
	f.StringVar(&o.selector, "selector", rerank.Default.String(), "rule that chooses the solutions: "+selectorNames())
	f.StringVar(&o.granularity, "granularity", "", "what counts as a test: class or method (default: the selector's own)")
	f.BoolVar(&o.NoText, "no-text", false, "leave text features unused")
	f.BoolVar(&o.NoHidden, "no-hidden", false, "leave hidden states unused")
	knownFlags(c, &o.Known)
}

func pilotFlag(f *pflag.FlagSet, groups *[]string) {
	f.StringSliceVar(groups, "pilot", nil, "`GROUPS` of pilot features to use (default all): "+strings.Join(difficulty.PilotGroups(), ", "))
}

// knownFlags name what is known of problems before any test.
func knownFlags(c *cobra.Command, k *known.Files) {
	f := c.Flags()
	f.StringVar(&k.Problems, "problems", "", "problems `FILE`, for features of the texts")
	f.StringVar(&k.Features, "features", "", "`FILE` of hidden states, from 'budget features'")
}
