package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/problem/convert"
)

func (a *app) importCodeRMCmd() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "coderm CLONE --out DIR",
		Short: "The published results of CodeRM's repository",
		Long: `Reads data/result in a clone of RUCKBReasoning/CodeRM by the names of its files:
ut_MODEL_100.jsonl (unit tests), sol_MODEL_200_anno.jsonl (solutions with their
verdicts) and, for LiveCodeBench, sol_MODEL_100_func.jsonl (solutions as functions,
with the verdicts of sol_MODEL_100_anno.jsonl).

DIR/BENCHMARK/JUDGE/POLICY gets problems.jsonl, solutions.jsonl (verdicts as label)
and tests.jsonl of each pair of a policy model, whose solutions they are, and a judge,
whose tests; and shown.jsonl, the solutions that the published prompts show, for
rerank --prompt-solution.`,
		Args: oneArg("the clone's folder"),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usageError("import coderm: where to? give --out DIR")
			}
			return a.importCodeRM(c.Context(), args[0], out)
		},
	}
	c.Flags().StringVar(&out, "out", "", "`FOLDER` to write to")
	return c
}

// importedSet is one line of the command's result.
type importedSet struct {
	convert.Published
	Folder    string `json:"folder"`
	Problems  int    `json:"problems"`
	Solutions int    `json:"solutions"`
	Tests     int    `json:"tests"`
}

func (a *app) importCodeRM(ctx context.Context, clone, out string) error {
	all, err := convert.FindPublished(clone)
	if err != nil {
		return asUsage(err)
	}
	var done []importedSet
	for _, p := range all {
		set, err := p.Read(ctx, 0)
		if err != nil {
			return asUsage(err)
		}
		dir := filepath.Join(out, p.Benchmark, p.Judge, p.Policy)
		if err := set.Write(dir); err != nil {
			return err
		}
		done = append(done, importedSet{p, dir, len(set.Problems), len(set.Solutions), len(set.Tests)})
		if !a.json {
			fmt.Fprintf(a.stdout, "%d problems, %d solutions, %d tests in %s\n", len(set.Problems), len(set.Solutions), len(set.Tests), dir)
		}
	}
	if a.json {
		return a.printJSON(done)
	}
	return nil
}
