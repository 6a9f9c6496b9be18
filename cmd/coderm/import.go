package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"coderm/problem"
	"coderm/problem/convert"
	"coderm/run/show"
)

func (a *app) importCmd() *cobra.Command {
	var from, out string
	var in convert.Input
	var subset problem.Subset
	var seed uint64
	c := &cobra.Command{
		Use:   "import --from FORMAT --problems P [--solutions S] [--tests T] --out DIR",
		Short: "Turn other projects' files into ours",
		Long: `Writes problems.jsonl, solutions.jsonl, tests.jsonl and hidden.jsonl (those that
were given or are in the problems file) to DIR. Hidden tests say which solutions are
right (eval --hidden, rerank --hidden) and are never tests to choose by. The formats:

  humaneval, evalplus  problems with canonical solutions, checks and inputs;
                       samples with solution or completion
  codet                problems, and {prompt, samples} lines of raw completions:
                       cut at CodeT's stop words, asserts taken apart, the first 5
                       valid ones of a completion
  coderm               the reference repository's prompts (input_*.jsonl),
                       solutions (with their labels) and unit_tests; the solutions
                       that the prompts show go to shown.jsonl
  livecodebench        problems with public tests and private ones, which become
                       hidden tests: standard input and output, or calls;
                       solutions by question_id and code_list; JSON lists or lines
  codecontests         deepmind/code_contests: private and generated tests become
                       hidden tests, programs in Python 3 labelled solutions
  codecontests+        ByteDance-Seed/Code-Contests-Plus likewise; a problem whose
                       checker is C++ is imported, and reported as unscored
  apps, taco           problems with input_output, whose tests become hidden tests

Each may also be a Parquet file, or the folder of a data set of Hugging Face (of its
test split): openai_humaneval, evalplus/humanevalplus, evalplus/mbppplus (--from
evalplus), livecodebench/code_generation (--from livecodebench), and the last four.

A question's examples are the best tests there are, and CodeT's prompts lack them:
--examples HumanEval.jsonl.gz takes them from HumanEval's own file.`,
		Example: `  coderm import --from codet --problems for_code_generation.jsonl \
    --solutions code_solution.jsonl --tests test_case.jsonl \
    --examples HumanEval.jsonl.gz --out humaneval/`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if from == "" || out == "" {
				return usageError("import: give --from and --out (see 'coderm import --help')")
			}
			if err := subset.Check(); err != nil {
				return asUsage(err)
			}
			return a.importFiles(c.Context(), from, in, out, func(s *convert.Set) error { return s.Keep(subset, seed) })
		},
	}
	c.AddCommand(a.importCodeRMCmd())
	f := c.Flags()
	f.StringVar(&from, "from", "", strings.Join(convert.Formats(), ", "))
	f.StringVar(&in.Problems, "problems", "", "problems `FILE` (plain, .gz or .zst)")
	f.StringVar(&in.Solutions, "solutions", "", "solutions `FILE`")
	f.StringVar(&in.Tests, "tests", "", "tests `FILE`")
	f.StringVar(&in.Examples, "examples", "", "`FILE` of the same problems with the examples that these lack, as HumanEval's own")
	subsetFlags(f, &subset)
	f.Uint64Var(&seed, "seed", 1, "seed of --sample")
	f.StringVar(&out, "out", "", "`FOLDER` to write to")
	return c
}

func (a *app) importFiles(ctx context.Context, from string, in convert.Input, out string, keep func(*convert.Set) error) error {
	if from == "codet" && in.Tests != "" || from == "apps" || from == "taco" {
		box, err := a.openSandbox(ctx, 0)
		if err != nil {
			return err
		}
		defer box.Close()
		in.Valid = box.Compiles
	}
	in.Progress = new(convert.Progress)
	stop := a.showProgress(importPhases(in))
	set, err := convert.Read(ctx, from, in)
	stop()
	if err == nil {
		err = keep(set)
	}
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return asUsage(err)
	}
	if err := set.Write(out); err != nil {
		return err
	}
	examples := set.WithExamples()
	counts := map[string]int{"with_examples": examples, "problems": len(set.Problems), "solutions": len(set.Solutions), "tests": len(set.Tests), "hidden": len(set.Hidden), "unscored": set.Unscored()}
	if a.json {
		return a.printJSON(counts)
	}
	hidden := ""
	if len(set.Hidden) > 0 {
		hidden = fmt.Sprintf(", %d hidden tests", len(set.Hidden))
	}
	_, err = fmt.Fprintf(a.stdout, "%d problems, %d solutions, %d tests%s in %s\n%d of the problems have examples to choose by\n",
		len(set.Problems), len(set.Solutions), len(set.Tests), hidden, out, examples)
	if n := counts["unscored"]; n > 0 {
		fmt.Fprintf(a.stderr, "%d of the problems will not be scored: their checkers do not run here, and nothing else is compared in their place\n", n)
	}
	if from == "codet" && in.Examples == "" && examples == 0 {
		fmt.Fprintln(a.stderr, "CodeT's prompts lack HumanEval's examples: --examples HumanEval.jsonl.gz adds them from its own file")
	}
	return err
}

// importPhases are what there is to see of an import.
func importPhases(in convert.Input) []show.Phase {
	p := in.Progress
	phases := []show.Phase{{Name: "reading", Unit: "MB", Count: func() show.Count {
		return show.Count{Done: p.Bytes.Load() / 1e6, Planned: p.BytesPlanned.Load() / 1e6}
	}}}
	if in.Tests != "" && in.Valid != nil {
		phases = append(phases, show.Phase{Name: "tests", Unit: "problems", Count: func() show.Count {
			return show.Count{Done: p.Checked.Load(), Planned: p.CheckedPlanned.Load()}
		}})
	}
	return phases
}
