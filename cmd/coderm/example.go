package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"coderm/examples"
)

func (a *app) exampleCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "example FOLDER",
		Short: "Write the bundled problems and candidate solutions to a folder",
		Long: `Writes FOLDER/problems.jsonl and FOLDER/solutions.jsonl: a dozen problems with
8 to 9 candidate solutions each and a hidden check, to try the program with and
as examples of the file formats.`,
		Args: oneArg("the FOLDER to write to"),
		RunE: func(_ *cobra.Command, args []string) error { return a.example(args[0]) },
	}
}

func (a *app) example(dir string) error {
	problems, solutions, err := examples.Load()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return asUsage(err)
	}
	if err := writeLines(filepath.Join(dir, problemsFile), slices.Values(problems)); err != nil {
		return err
	}
	all := slices.Concat(solutions...)
	for i := range all {
		all[i].Label = nil // the check decides, as it would for the user's own
	}
	if err := writeLines(filepath.Join(dir, solutionsFile), slices.Values(all)); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"problems": len(problems), "solutions": len(all), "out": dir})
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d problems with %d solutions are in %s\n", len(problems), len(all), dir)
	}
	return nil
}
