package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"coderm/weights/chunk"
	"coderm/weights/gguf"
	"coderm/weights/pack"
	"coderm/weights/store"
)

// verification is what verify found.
type verification struct {
	Target   string   `json:"target"`
	Intact   bool     `json:"intact"`
	Broken   []string `json:"broken,omitempty"`
	Repaired bool     `json:"repaired,omitempty"`
	SHA256   string   `json:"sha256,omitempty"` // of a bare GGUF file: nothing to compare it with
	Parts    []part   `json:"parts,omitempty"`  // of a model in several files
	hint     string
}

// part is one file of a model in several.
type part struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

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
			v, err := a.verify(c.Context(), args[0], repair)
			if err != nil {
				return err
			}
			return a.reportVerification(v)
		},
	}
	c.Flags().StringVar(&repair, "repair", "", "for a pack: take broken chunks from this model, file, folder or pack")
	return c
}

func (a *app) reportVerification(v *verification) error {
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
	return fmt.Errorf("%s is damaged (%d broken); %s", v.Target, len(v.Broken), v.hint)
}

// verify finds out what target is and checks it.
func (a *app) verify(ctx context.Context, target, repair string) (*verification, error) {
	info, statErr := os.Stat(target)
	switch {
	case strings.HasSuffix(target, ".gguf"):
		return a.verifyGGUF(ctx, target)
	case chunk.ValidName(target):
		s, err := userStore()
		if err != nil {
			return nil, err
		}
		v, err := a.verifyStored(ctx, s, target)
		if statErr != nil || !errors.Is(err, store.ErrNotFound) {
			return v, err
		}
	}
	if statErr != nil {
		return nil, asUsage(statErr)
	}
	if info.IsDir() {
		return a.verifyFolder(ctx, target)
	}
	return a.verifyPack(ctx, target, repair)
}

func (a *app) verifyGGUF(ctx context.Context, path string) (*verification, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, asUsage(err)
	}
	p, finish := a.byteProgress("verify", f.Size)
	defer finish()
	if f.Parts != nil {
		return verifyParts(ctx, path, f.Parts, p)
	}
	src, err := store.OpenPath(path, p)
	if err != nil {
		return nil, asUsage(err)
	}
	defer src.Close()
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	return &verification{Target: path, Intact: true, SHA256: m.Model().SHA256}, nil
}

func verifyParts(ctx context.Context, path string, paths []string, p chunk.Progress) (*verification, error) {
	v := &verification{Target: path, Intact: true}
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		sum, n, err := chunk.DigestAll(ctx, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		p.Add(n)
		v.Parts = append(v.Parts, part{path, sum})
	}
	return v, nil
}

func (a *app) verifyStored(ctx context.Context, s *store.Store, name string) (*verification, error) {
	m, err := s.Lookup(name)
	if err != nil {
		return nil, asUsage(err)
	}
	p, finish := a.byteProgress("verify", m.Bytes())
	broken, err := s.Verify(ctx, name, p)
	finish()
	if err != nil {
		return nil, err
	}
	v := &verification{Target: name, Intact: len(broken) == 0}
	for _, b := range broken {
		v.Broken = append(v.Broken, b.String())
	}
	v.hint = fmt.Sprintf("'coderm model pull %s' with its --from fetches those again", name)
	return v, nil
}

func (a *app) verifyFolder(ctx context.Context, dir string) (*verification, error) {
	src, err := store.OpenManifestDir(dir)
	if err != nil {
		return nil, asUsage(err)
	}
	broken, err := a.brokenIn(ctx, src, func(m *chunk.Manifest, p chunk.Progress) ([]string, error) {
		return brokenFiles(ctx, src, m, p)
	})
	if err != nil {
		return nil, err
	}
	return &verification{Target: dir, Intact: len(broken) == 0, Broken: broken, hint: "unpack or copy it again"}, nil
}

// brokenFiles names what of the source's files is not as its manifest says.
func brokenFiles(ctx context.Context, src chunk.Source, m *chunk.Manifest, p chunk.Progress) ([]string, error) {
	var broken []string
	for i := range m.Files {
		f := &m.Files[i]
		r, err := src.Open(ctx, f)
		if err != nil {
			broken = append(broken, f.Name+": "+err.Error())
			continue
		}
		bad, err := chunk.Broken(ctx, r, f, p)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		for _, c := range bad {
			broken = append(broken, f.Describe(c))
		}
	}
	return broken, nil
}

func (a *app) verifyPack(ctx context.Context, path, repair string) (*verification, error) {
	broken, err := a.brokenInPack(ctx, path)
	if err != nil {
		return nil, err
	}
	v := &verification{Target: path, Intact: len(broken) == 0, Broken: broken,
		hint: "--repair NAME, FILE or FOLDER with the same model replaces them"}
	if v.Intact || repair == "" {
		return v, nil
	}
	good, err := localSource(repair)
	if err != nil {
		return nil, err
	}
	defer good.Close()
	if _, err := pack.Repair(ctx, path, good, nil); err != nil {
		return nil, fmt.Errorf("repair %s: %w", path, err)
	}
	left, err := a.brokenInPack(ctx, path)
	v.Repaired = err == nil && len(left) == 0
	return v, err
}

func (a *app) brokenInPack(ctx context.Context, path string) ([]string, error) {
	r, err := pack.Open(path)
	if err != nil {
		return nil, asUsage(err)
	}
	return a.brokenIn(ctx, r, func(_ *chunk.Manifest, p chunk.Progress) ([]string, error) { return r.Verify(ctx, p) })
}

// brokenIn has a source checked against its manifest, with a progress bar, and
// closes it.
func (a *app) brokenIn(ctx context.Context, src chunk.Source, check func(*chunk.Manifest, chunk.Progress) ([]string, error)) ([]string, error) {
	defer src.Close()
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	p, finish := a.byteProgress("verify", m.Bytes())
	defer finish()
	return check(m, p)
}
