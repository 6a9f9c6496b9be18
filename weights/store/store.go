// Package store keeps model files on this machine, named by their content.
//
//	$XDG_DATA_HOME/coderm/models/
//	  manifests/NAME.json     what a name means: chunk.Manifest
//	  blobs/sha256-HEX        finished files, read-only, checked before they got here
//	  partial/sha256-HEX      files still being fetched or under repair
//	  locks/…                 held by the one process that works on a file
//
// A file enters blobs by rename after its digest was checked, and a name enters
// manifests by rename after all its files did. So a process may die at any
// point: what is in blobs is right, what is in partial is continued.
package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"coderm/internal/dirs"
	"coderm/internal/fsx"
	"coderm/weights/chunk"
)

// Store is a folder of models. The zero value is not usable; call Open.
type Store struct {
	dir string
	// Quantize, if it is set, makes the types that are asked for of models that are
	// published unquantized.
	Quantize Quantizer
}

// Open returns the store in dir, which need not exist yet.
func Open(dir string) *Store { return &Store{dir: dir} }

// Default returns the user's own store, in the XDG data folder.
func Default() (*Store, error) {
	dir, err := dirs.Data("models")
	if err != nil {
		return nil, fmt.Errorf("the model store: %w", err)
	}
	return Open(dir), nil
}

// lock waits until this process is the only one that holds key.
func (s *Store) lock(ctx context.Context, key string) (unlock func(), err error) {
	dir := filepath.Join(s.dir, "locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f, err := fsx.LockFile(ctx, filepath.Join(dir, key))
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}

// Dir is the store's folder.
func (s *Store) Dir() string { return s.dir }

// Model is a model in the store.
type Model struct {
	*chunk.Manifest
	Path     string // of the model file itself
	Complete bool   // all its files are there
}

// File returns the path of the model's file with that role, or "".
func (s *Store) File(m *chunk.Manifest, role chunk.Role) string {
	if f := m.ByRole(role); f != nil {
		return s.blob(f)
	}
	return ""
}

// ErrNotFound: the store has no model of that name.
var ErrNotFound = errors.New("no such model in the store")

// Lookup returns the model called name.
func (s *Store) Lookup(name string) (*Model, error) {
	if !chunk.ValidName(name) {
		return nil, fmt.Errorf("bad model name %q: letters, digits, '.', '_' and '-' only", name)
	}
	f, err := os.Open(s.manifest(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("model %q: %w (%s)", name, ErrNotFound, s.dir)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := chunk.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	model := &Model{Manifest: m, Path: s.blob(m.Model()), Complete: true}
	for i := range m.Files {
		model.Complete = model.Complete && s.has(&m.Files[i])
	}
	return model, nil
}

// List returns all models by name. Manifests that cannot be read are reported
// in the error beside the models that can.
func (s *Store) List() ([]*Model, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "manifests"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var models []*Model
	var errs []error
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".json")
		if !ok || !chunk.ValidName(name) {
			continue
		}
		m, err := s.Lookup(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		models = append(models, m)
	}
	sort.Slice(models, func(i, j int) bool { return models[i].Name < models[j].Name })
	return models, errors.Join(errs...)
}

// Broken is one damaged or missing part of a stored model.
type Broken struct {
	File  chunk.File
	Chunk int // -1: the whole file is missing
}

func (b Broken) String() string {
	if b.Chunk < 0 {
		return b.File.Name + ": not fetched completely"
	}
	return b.File.Describe(b.Chunk)
}

// Verify reads every file of the model again and returns what is broken. A
// broken file is taken out of use at once: it moves to partial, where the next
// pull repairs it, and nothing can load it until then.
func (s *Store) Verify(ctx context.Context, name string, p chunk.Progress) ([]Broken, error) {
	m, err := s.Lookup(name)
	if err != nil {
		return nil, err
	}
	var all []Broken
	for _, f := range m.Files {
		bad, err := s.verifyFile(ctx, &f, p)
		if err != nil {
			return all, err
		}
		all = append(all, bad...)
	}
	return all, nil
}

func (s *Store) verifyFile(ctx context.Context, f *chunk.File, p chunk.Progress) ([]Broken, error) {
	unlock, err := s.lock(ctx, blobName(f))
	if err != nil {
		return nil, err
	}
	defer unlock()
	r, err := os.Open(s.blob(f))
	missing := errors.Is(err, fs.ErrNotExist)
	if missing {
		r, err = os.Open(s.partial(f))
		if errors.Is(err, fs.ErrNotExist) {
			return []Broken{{*f, -1}}, nil
		}
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	chunks, err := chunk.Broken(ctx, r, f, p)
	if err != nil {
		return nil, err
	}
	var bad []Broken
	for _, i := range chunks {
		bad = append(bad, Broken{*f, i})
	}
	if len(bad) > 0 && !missing {
		return bad, s.quarantine(f)
	}
	if missing && len(bad) == 0 {
		return []Broken{{*f, -1}}, nil
	}
	return bad, nil
}

// quarantine moves a finished file back to where files are repaired.
func (s *Store) quarantine(f *chunk.File) error {
	if err := os.MkdirAll(filepath.Join(s.dir, "partial"), 0o755); err != nil {
		return err
	}
	if err := os.Chmod(s.blob(f), 0o644); err != nil {
		return err
	}
	return os.Rename(s.blob(f), s.partial(f))
}

func blobName(f *chunk.File) string           { return "sha256-" + f.SHA256 }
func (s *Store) blob(f *chunk.File) string    { return filepath.Join(s.dir, "blobs", blobName(f)) }
func (s *Store) partial(f *chunk.File) string { return filepath.Join(s.dir, "partial", blobName(f)) }
func (s *Store) manifest(name string) string  { return filepath.Join(s.dir, "manifests", name+".json") }

// has tells whether the finished file is there with the right size. Its
// content was checked before it got there; Verify checks it again.
func (s *Store) has(f *chunk.File) bool {
	info, err := os.Stat(s.blob(f))
	return err == nil && info.Mode().IsRegular() && info.Size() == f.Bytes
}
