package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"coderm/examples"
	"coderm/problem"
	"coderm/weights/atomicfile"
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
	err = writeJSONL(filepath.Join(dir, "problems.jsonl"), func(w io.Writer) error {
		for _, p := range problems {
			if err := problem.WriteLine(w, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	n := 0
	err = writeJSONL(filepath.Join(dir, "solutions.jsonl"), func(w io.Writer) error {
		for _, list := range solutions {
			for _, s := range list {
				s.Label = nil // the check decides, as it would for the user's own
				if err := problem.WriteLine(w, s); err != nil {
					return err
				}
				n++
			}
		}
		return nil
	})
	if err == nil && !a.quiet {
		fmt.Fprintf(a.stderr, "%d problems with %d solutions are in %s\n", len(problems), n, dir)
	}
	return err
}

// writeJSONL writes a file whole or not at all.
func writeJSONL(path string, fill func(io.Writer) error) error {
	return atomicfile.Write(path, func(f *os.File) error {
		w := bufio.NewWriter(f)
		if err := fill(w); err != nil {
			return err
		}
		return w.Flush()
	})
}
