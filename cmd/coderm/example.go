package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"coderm/examples"
)

func (a *app) exampleCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "example FOLDER",
		Short: "Write the bundled problems and solutions to a folder",
		Long: `Writes FOLDER/problems.jsonl and FOLDER/solutions.jsonl: a dozen problems with
8 to 9 candidate solutions each and a hidden check, to try the program with and
as examples of the file formats.`,
		Args: oneArg("the FOLDER to write to"),
		RunE: func(_ *cobra.Command, args []string) error { return a.example(args[0]) },
	}
}

func (a *app) example(dir string) error {
	problems, solutions, err := examples.Write(dir)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"problems": problems, "solutions": solutions, "out": dir})
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d problems with %d solutions are in %s\n", problems, solutions, dir)
	}
	return nil
}
