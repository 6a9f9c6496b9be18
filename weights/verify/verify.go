// Package verify checks model files chunk by chunk against their manifest, and
// mends packs.
package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"coderm/internal/badinput"
	"coderm/weights/chunk"
	"coderm/weights/gguf"
	"coderm/weights/pack"
	"coderm/weights/store"
)

// Result is what Check found.
type Result struct {
	Target   string   `json:"target"`
	Intact   bool     `json:"intact"`
	Broken   []string `json:"broken,omitempty"`
	Repaired bool     `json:"repaired,omitempty"`
	SHA256   string   `json:"sha256,omitempty"` // of a bare GGUF file: nothing to compare it with
	Parts    []Part   `json:"parts,omitempty"`  // of a model in several files
	Hint     string   `json:"-"`                // what to do about it
}

// Part is one file of a model in several.
type Part struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Watch is told how many bytes there are to read; what it returns, of each that
// was read and of the end.
type Watch func(bytes int64) (p chunk.Progress, finish func())

type checker struct{ watch Watch }

// Check finds out what target is (a model of the user's store, a GGUF file, a
// folder or a pack) and checks it. A damaged pack is mended from repair, if that is
// not "". Errors of what was named are *badinput.Errors.
func Check(ctx context.Context, target, repair string, watch Watch) (*Result, error) {
	c := checker{watch}
	info, statErr := os.Stat(target)
	switch {
	case strings.HasSuffix(target, ".gguf"):
		return c.verifyGGUF(ctx, target)
	case chunk.ValidName(target):
		s, err := store.Default()
		if err != nil {
			return nil, badinput.Mark(err)
		}
		v, err := c.verifyStored(ctx, s, target)
		if statErr != nil || !errors.Is(err, store.ErrNotFound) {
			return v, err
		}
	}
	if statErr != nil {
		return nil, badinput.Mark(statErr)
	}
	if info.IsDir() {
		return c.verifyFolder(ctx, target)
	}
	return c.verifyPack(ctx, target, repair)
}

func (c checker) verifyGGUF(ctx context.Context, path string) (*Result, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	p, finish := c.watch(f.Size)
	defer finish()
	if f.Parts != nil {
		return verifyParts(ctx, path, f.Parts, p)
	}
	src, err := store.OpenPath(path, p)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	defer src.Close()
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	return &Result{Target: path, Intact: true, SHA256: m.Model().SHA256}, nil
}

func verifyParts(ctx context.Context, path string, paths []string, p chunk.Progress) (*Result, error) {
	v := &Result{Target: path, Intact: true}
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
		v.Parts = append(v.Parts, Part{path, sum})
	}
	return v, nil
}

func (c checker) verifyStored(ctx context.Context, s *store.Store, name string) (*Result, error) {
	m, err := s.Lookup(name)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	p, finish := c.watch(m.Bytes())
	broken, err := s.Verify(ctx, name, p)
	finish()
	if err != nil {
		return nil, err
	}
	v := &Result{Target: name, Intact: len(broken) == 0}
	for _, b := range broken {
		v.Broken = append(v.Broken, b.String())
	}
	v.Hint = fmt.Sprintf("'coderm model pull %s' with its --from fetches those again", name)
	return v, nil
}

func (c checker) verifyFolder(ctx context.Context, dir string) (*Result, error) {
	src, err := store.OpenManifestDir(dir)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	broken, err := c.brokenIn(ctx, src, func(m *chunk.Manifest, p chunk.Progress) ([]string, error) {
		return brokenFiles(ctx, src, m, p)
	})
	if err != nil {
		return nil, err
	}
	return &Result{Target: dir, Intact: len(broken) == 0, Broken: broken, Hint: "unpack or copy it again"}, nil
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
		for _, k := range bad {
			broken = append(broken, f.Describe(k))
		}
	}
	return broken, nil
}

func (c checker) verifyPack(ctx context.Context, path, repair string) (*Result, error) {
	broken, err := c.brokenInPack(ctx, path)
	if err != nil {
		return nil, err
	}
	v := &Result{Target: path, Intact: len(broken) == 0, Broken: broken,
		Hint: "--repair NAME, FILE or FOLDER with the same model replaces them"}
	if v.Intact || repair == "" {
		return v, nil
	}
	good, err := store.Local(repair)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	defer good.Close()
	if _, err := pack.Repair(ctx, path, good, nil); err != nil {
		return nil, fmt.Errorf("repair %s: %w", path, err)
	}
	left, err := c.brokenInPack(ctx, path)
	v.Repaired = err == nil && len(left) == 0
	return v, err
}

func (c checker) brokenInPack(ctx context.Context, path string) ([]string, error) {
	r, err := pack.Open(path)
	if err != nil {
		return nil, badinput.Mark(err)
	}
	return c.brokenIn(ctx, r, func(_ *chunk.Manifest, p chunk.Progress) ([]string, error) { return r.Verify(ctx, p) })
}

// brokenIn has a source checked against its manifest, with a progress bar, and
// closes it.
func (c checker) brokenIn(ctx context.Context, src chunk.Source, check func(*chunk.Manifest, chunk.Progress) ([]string, error)) ([]string, error) {
	defer src.Close()
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	p, finish := c.watch(m.Bytes())
	defer finish()
	return check(m, p)
}
