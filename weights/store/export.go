package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"coderm/internal/fsx"
	"coderm/weights/chunk"
)

// Export writes what src offers as a plain folder: its files and manifest.json,
// which pull reads again. The folder appears under its name when it is
// complete; until then it is dir.partial, and the same call continues there.
func Export(ctx context.Context, src chunk.Source, dir string, p chunk.Progress) error {
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("%s exists already", dir)
	}
	m, err := src.Manifest(ctx)
	if err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return err
	}
	partial := filepath.Clean(dir) + ".partial"
	if err := os.MkdirAll(partial, 0o755); err != nil {
		return err
	}
	lock, err := fsx.LockFolder(partial)
	if errors.Is(err, fsx.ErrLocked) {
		return fmt.Errorf("another process is writing %s", partial)
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	for i := range m.Files {
		if err := exportFile(ctx, src, &m.Files[i], partial, p); err != nil {
			return err
		}
	}
	if err := writeAtomic(filepath.Join(partial, chunk.ManifestName), m.Encode()); err != nil {
		return err
	}
	if err := os.Rename(partial, dir); err != nil {
		return err
	}
	return fsx.SyncFolder(filepath.Dir(dir))
}

func exportFile(ctx context.Context, src chunk.Source, f *chunk.File, dir string, p chunk.Progress) error {
	r, err := src.Open(ctx, f)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(filepath.Join(dir, f.Name), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = chunk.Fill(ctx, w, f, r, p)
	return errors.Join(err, w.Close())
}

// Source offers a model of the store, to make a pack of it or to repair one.
func (s *Store) Source(name string) (chunk.Source, error) {
	m, err := s.Lookup(name)
	if err != nil {
		return nil, err
	}
	src := &folderSource{m: m.Manifest, paths: make(map[string]string)}
	for i := range m.Files {
		src.paths[m.Files[i].Name] = s.blob(&m.Files[i])
	}
	return src, nil
}
