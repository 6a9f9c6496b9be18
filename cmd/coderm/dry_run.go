package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"coderm/run"
)

// dryRunFlag has a command say what it would do.
func dryRunFlag(c *cobra.Command, to *bool) {
	c.Flags().BoolVar(to, "dry-run", false, "read and check the inputs, try the run for some seconds, and say what it would do, in which memory and about how long; nothing is written, and no server is asked for tests")
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
		how := "of given tests and examples"
		if f.Completions > 0 {
			how = "with one test a completion, and of examples"
		}
		add("pairs", "%d, %s", f.Pairs, how)
	}
	if f.Plan != nil {
		add("memory", "%s", f.Plan)
	}
	if f.Pace != nil {
		add("time", "%s", paceText(*f.Pace))
	}
	return writeTable(a.stdout, []string{"WHAT", "HOW MUCH"}, rows)
}

// paceText says how long a run takes, and by what.
func paceText(p run.Pace) string {
	var by []string
	for _, rate := range []struct {
		of float64
		in string
	}{{p.Tokens, "tokens"}, {p.Pairs, "pairs"}, {p.Checked, "solutions checked"}} {
		switch {
		case rate.of >= 10:
			by = append(by, fmt.Sprintf("%.0f %s/s", rate.of, rate.in))
		case rate.of > 0:
			by = append(by, fmt.Sprintf("%.2g %s/s", rate.of, rate.in))
		}
	}
	tried := time.Duration(p.Tried * float64(time.Second)).Round(time.Second)
	text := fmt.Sprintf("about %s", time.Duration(p.Seconds*float64(time.Second)).Round(time.Second))
	switch {
	case p.Seconds == 0:
		text = fmt.Sprintf("not known: %s were too few to tell", tried)
	case p.Seconds <= p.Tried:
		return fmt.Sprintf("%.1f s, in which all of it was tried", p.Seconds)
	}
	if len(by) > 0 {
		text += fmt.Sprintf("; in %s it made %s", tried, strings.Join(by, ", "))
	}
	return text
}
