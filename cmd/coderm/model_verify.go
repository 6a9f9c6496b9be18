package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"coderm/weights/chunk"
	"coderm/weights/verify"
)

func (a *app) modelVerifyCmd() *cobra.Command {
	var repair string
	c := &cobra.Command{
		Use:   "verify NAME|FILE|FOLDER",
		Short: "Check a model chunk by chunk",
		Long: `Read a model of the store, a pack or an unpacked folder again, and name every
chunk (16 MiB) whose SHA-256 is not the manifest's. A bare GGUF file has no
manifest: its structure is checked and its SHA-256 printed.

A damaged model of the store is taken out of use at once; the next pull fetches
its broken chunks again. A damaged pack is repaired with --repair.`,
		Example: `  coderm model verify default
  coderm model verify coderm-8b.coderm --repair coderm-8b`,
		Args: oneArg("a model's NAME, a FILE or a FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := verify.Check(c.Context(), args[0], repair, func(bytes int64) (chunk.Progress, func()) {
				return a.byteProgress("verify", bytes)
			})
			if err != nil {
				return err
			}
			return a.reportVerification(v)
		},
	}
	c.Flags().StringVar(&repair, "repair", "", "for a pack: take broken chunks from this model, file, folder or pack")
	return c
}

func (a *app) reportVerification(v *verify.Result) error {
	if a.json {
		if err := a.printJSON(v); err != nil {
			return err
		}
	} else {
		for _, b := range v.Broken {
			fmt.Fprintf(a.stdout, "broken: %s\n", b)
		}
		switch {
		case v.Repaired:
			fmt.Fprintf(a.stdout, "%s: repaired, intact now\n", v.Target)
		case v.Parts != nil:
			for i, p := range v.Parts {
				fmt.Fprintf(a.stdout, "%s: well-formed, part %d of %d, SHA-256 %s\n", p.Path, i+1, len(v.Parts), p.SHA256)
			}
		case v.SHA256 != "":
			fmt.Fprintf(a.stdout, "%s: well-formed, SHA-256 %s\n", v.Target, v.SHA256)
		case v.Intact:
			fmt.Fprintf(a.stdout, "%s: intact\n", v.Target)
		}
	}
	if v.Intact || v.Repaired {
		return nil
	}
	return fmt.Errorf("%s is damaged (%d broken); %s", v.Target, len(v.Broken), v.Hint)
}
