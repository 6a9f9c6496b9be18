package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"coderm/run"
)

// dryRunFlag has a command say what it would do.
func dryRunFlag(c *cobra.Command, to *bool) {
	c.Flags().BoolVar(to, "dry-run", false, "read and check the inputs, and say what the run would do and in which memory; nothing is written")
}

// dryRun prints what a run would do.
func (a *app) dryRun(ctx context.Context, spec run.Spec) error {
	f, err := run.Preview(ctx, spec, run.Env{Log: a.log, Key: os.Getenv("OPENAI_API_KEY"), Watch: a.watch})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(f)
	}
	problems := fmt.Sprint(f.Problems)
	if f.LeftOut > 0 {
		problems = fmt.Sprintf("%d of %d", f.Problems, f.Problems+f.LeftOut)
	}
	rows := [][]string{{"problems", problems}}
	add := func(what, format string, args ...any) {
		rows = append(rows, []string{what, strings.TrimSpace(fmt.Sprintf(format, args...))})
	}
	if spec.Solutions != "" {
		add("solutions", "%d distinct", f.Solutions)
	}
	if f.Completions > 0 {
		add("completions", "%d, of %d tokens at most", f.Completions, f.MaxTokens)
		tokens := "by the server's count"
		if f.PromptTokens > 0 {
			tokens = fmt.Sprintf("%d tokens, the longest %d", f.PromptTokens, f.LongestInput)
		}
		add("prompts", "%d, %s", f.Prompts, tokens)
	}
	if f.Pairs > 0 {
		how := "of given tests"
		if f.Completions > 0 {
			how = "with one test a completion"
		}
		add("pairs", "%d, %s", f.Pairs, how)
	}
	if f.Plan != nil {
		add("memory", "%s", f.Plan)
	}
	return writeTable(a.stdout, []string{"WHAT", "HOW MUCH"}, rows)
}
