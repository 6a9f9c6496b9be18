package main

import (
	"github.com/spf13/cobra"

	"coderm/run"
)

func (a *app) rerankCmd() *cobra.Command {
	o := newRunFlags(run.Rerank)
	dry := false
	c := &cobra.Command{
		Use:   "rerank --problems P.jsonl --solutions S.jsonl --out RUN/",
		Short: "Pick the best solution of each problem by generated unit tests",
		Long: `For each problem, writes unit tests with a local model, runs every solution
against every test in the sandbox, and picks the solution the tests agree on, among
those that pass the most of the question's own examples. With --tests it uses the given
tests and needs no model. --paper is the CodeRM paper's own setting: its prompts, its
sampling and its rule (selector reference), without examples.

The run is a folder: samples.jsonl (the choice, as EvalPlus reads it),
scores.jsonl (every score, test and verdict) and run.db (everything, for
resuming: repeat the command to go on where it stopped).`,
		Example: `  coderm rerank --problems HumanEval.jsonl.gz --solutions candidates.jsonl --out run/
  coderm rerank --problems P.jsonl --solutions S.jsonl --tests T.jsonl --out run/
  coderm rerank --problems P.jsonl --solutions S.jsonl --model coderm-8b --paper --out run/`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			spec, err := o.finish()
			if err != nil {
				return err
			}
			if dry {
				return a.dryRun(c.Context(), spec)
			}
			return a.runJob(c.Context(), spec)
		},
	}
	o.inputFlags(c)
	a.graceFlag(c)
	o.testFlags(c)
	o.writerFlags(c)
	dryRunFlag(c, &dry)
	o.budgetFlags(c)
	o.sandboxFlags(c)
	c.Flags().Uint64Var(&o.Limits.First, "first-fuel", o.Limits.First, "wasm instructions a pair gets at first; the rest of --fuel only where the verdict could change the choice (0: always)")
	o.choiceFlags(c)
	return c
}

func (a *app) testgenCmd() *cobra.Command {
	o := newRunFlags(run.Testgen)
	dry := false
	c := &cobra.Command{
		Use:   "testgen --problems P.jsonl --out RUN/",
		Short: "Only write the unit tests",
		Long: `Writes unit tests for each problem with a local model, into RUN/tests.jsonl,
which 'coderm rerank --tests' and 'coderm exec --tests' read. CodeRM's prompt
shows the model a solution, so --solutions is needed unless the style
is assert.`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			spec, err := o.finish()
			if err != nil {
				return err
			}
			if dry {
				return a.dryRun(c.Context(), spec)
			}
			return a.runJob(c.Context(), spec)
		},
	}
	o.inputFlags(c)
	a.graceFlag(c)
	o.writerFlags(c)
	dryRunFlag(c, &dry)
	return c
}
