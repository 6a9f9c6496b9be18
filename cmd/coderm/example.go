package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"coderm/examples"
	"coderm/problem"
	"coderm/problem/convert"
)

// exampleOptions are the flags of example.
type exampleOptions struct {
	contests bool
	subset   problem.Subset
	seed     uint64
}

func (a *app) exampleCmd() *cobra.Command {
	var o exampleOptions
	c := &cobra.Command{
		Use:   "example FOLDER",
		Short: "Write the bundled problems and solutions to a folder",
		Long: `Writes FOLDER/problems.jsonl and FOLDER/solutions.jsonl: a dozen problems with
8 to 9 candidate solutions each and a hidden check, to try the program with and
as examples of the file formats.

With --contests they are problems as contests have them, whose solutions read
standard input and print an answer: with public tests, a generator, a validator, a
checker, a time limit and a difficulty, and candidates that are right, too slow or wrong.
Which is what, FOLDER/hidden.jsonl tells, for --hidden of other commands. Some of the
hidden tests are as large as the problem allows: their inputs are not bundled but made by
the problem's generator, in the sandbox, which takes a minute or two for all.`,
		Args: oneArg("the FOLDER to write to"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.subset.Check(); err != nil {
				return asUsage(err)
			}
			return a.example(c.Context(), args[0], o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.contests, "contests", false, "problems of contests, with hidden tests")
	subsetFlags(f, &o.subset)
	f.Uint64Var(&o.seed, "seed", 1, "seed of --sample")
	return c
}

// example writes what is bundled as it stands, and then what takes work. The solutions'
// labels are left out: hidden tests decide, as they would for the user's own.
func (a *app) example(ctx context.Context, dir string, o exampleOptions) error {
	set, contests, err := bundled(o)
	if err != nil {
		return err
	}
	for k := range set.Solutions {
		set.Solutions[k].Label = nil
	}
	if err := set.Write(dir); err != nil {
		return err
	}
	counts := map[string]any{"problems": len(set.Problems), "solutions": len(set.Solutions), "out": dir}
	words := fmt.Sprintf("%d problems with %d solutions", len(set.Problems), len(set.Solutions))
	if o.contests {
		if set.Hidden, err = a.hiddenTests(ctx, contests); err == nil {
			err = set.Write(dir)
		}
		if err != nil {
			return err
		}
		counts["hidden"] = len(set.Hidden)
		words += fmt.Sprintf(" and %d hidden tests", len(set.Hidden))
	}
	if a.json {
		return a.printJSON(counts)
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%s are in %s\n", words, dir)
	}
	return nil
}

// bundled are the problems and solutions that were asked for; for contests also all else
// that is known of them.
func bundled(o exampleOptions) (*convert.Set, []examples.Contest, error) {
	var set convert.Set
	if !o.contests {
		problems, solutions, err := examples.Load()
		if err == nil {
			set = convert.Set{Problems: problems, Solutions: slices.Concat(solutions...)}
			err = asUsage(set.Keep(o.subset, o.seed))
		}
		return &set, nil, err
	}
	contests, err := examples.LoadContests()
	if err == nil {
		contests, err = problem.Pick(o.subset, contests, func(c examples.Contest) string { return c.Problem.ID }, o.seed)
		err = asUsage(err)
	}
	for _, c := range contests {
		set.Problems = append(set.Problems, c.Problem)
		for _, s := range c.Candidates {
			set.Solutions = append(set.Solutions, s.Solution)
		}
	}
	return &set, contests, err
}
