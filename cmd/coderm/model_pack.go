package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"coderm/internal/fsx"
	"coderm/internal/units"
	"coderm/weights/chunk"
	"coderm/weights/pack"
	"coderm/weights/store"
)

func (a *app) modelPackCmd() *cobra.Command {
	var out string
	extra := make(map[chunk.Role]*string)
	c := &cobra.Command{
		Use:   "pack NAME|FILE|FOLDER -o OUT.coderm",
		Short: "Put a model and what belongs to it into one file",
		Long: `Put a model into one file for carrying it to a machine without a network. The
pack is checked chunk by chunk when it is made, verified or pulled. It is also
a tar archive in zstd: 'zstd -dc x.coderm | tar x' opens it without coderm.`,
		Example: `  coderm model pack default -o smollm2.coderm
  coderm model pack coderm-8b --classifier difficulty.json -o coderm-8b.coderm`,
		Args: oneArg("a model's NAME, a GGUF FILE or a FOLDER"),
		RunE: func(c *cobra.Command, args []string) error {
			files := make(map[chunk.Role]string)
			for role, path := range extra {
				if *path != "" {
					files[role] = *path
				}
			}
			return a.modelPack(c.Context(), args[0], out, files)
		},
	}
	f := c.Flags()
	f.StringVarP(&out, "out", "o", "", "the `PACK` to write (NAME.coderm)")
	extra[chunk.RoleTokenizer] = f.String("tokenizer", "", "a tokenizer.json to take along (a GGUF file has its tokenizer inside)")
	extra[chunk.RoleTemplate] = f.String("chat-template", "", "a chat template to take along (a GGUF file has one inside)")
	extra[chunk.RoleClassifier] = f.String("classifier", "", "a difficulty classifier to take along")
	return c
}

func (a *app) modelPack(ctx context.Context, arg, out string, extra map[chunk.Role]string) error {
	src, err := store.Local(arg)
	if err != nil {
		return asUsage(err)
	}
	src = store.With(src, extra, nil)
	defer src.Close()
	m, err := src.Manifest(ctx)
	if err != nil {
		return asUsage(err)
	}
	if out == "" {
		out = m.Name + pack.Ext
	}
	if err := fsx.CheckOutput(out); err != nil {
		return err
	}
	p, finish := a.byteProgress("pack", m.Bytes())
	stats, err := pack.Create(ctx, out, src, p)
	finish()
	if err != nil {
		return fmt.Errorf("pack %s: %w", arg, err)
	}
	if a.json {
		return a.printJSON(struct {
			File string `json:"file"`
			*pack.Stats
		}{out, stats})
	}
	_, err = fmt.Fprintf(a.stdout, "%s: %s of %s (%d of %d chunks stored raw)\n", out, units.Bytes(stats.Packed), units.Bytes(stats.Content), stats.Raw, stats.Chunks)
	return err
}

func (a *app) modelUnpackCmd() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "unpack PACK [-o FOLDER]",
		Short: "Write the files of a pack into a folder",
		Long: `Write the files of a pack into a folder, checking every chunk. The folder appears
when it is complete; a cut-off unpack continues where it stopped.
'coderm model pull NAME --from PACK' brings a pack into the store instead.`,
		Args: oneArg("the PACK"),
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				out = strings.TrimSuffix(filepath.Base(args[0]), pack.Ext)
			}
			return a.modelUnpack(c.Context(), args[0], out)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "the `FOLDER` to make (default: the pack's name)")
	return c
}

func (a *app) modelUnpack(ctx context.Context, path, out string) error {
	r, err := pack.Open(path)
	if err != nil {
		return asUsage(err)
	}
	defer r.Close()
	m, err := r.Manifest(ctx)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(out); err == nil {
		return usageError("%s exists already; name another folder with -o", out)
	}
	p, finish := a.byteProgress("unpack", m.Bytes())
	err = store.Export(ctx, r, out, p)
	finish()
	if err != nil {
		return fmt.Errorf("unpack %s: %w", path, err)
	}
	if a.json {
		return a.printJSON(struct {
			Folder string `json:"folder"`
			*chunk.Manifest
		}{out, m})
	}
	for _, f := range m.Files {
		fmt.Fprintf(a.stdout, "%s\t%s\n", filepath.Join(out, f.Name), units.Bytes(f.Bytes))
	}
	return nil
}
