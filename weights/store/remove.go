package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// Remove takes a model out of the store, and those of its files that no other model
// has. It returns how many bytes that freed.
func (s *Store) Remove(ctx context.Context, name string) (freed int64, err error) {
	m, err := s.Lookup(name)
	if err != nil {
		return 0, err
	}
	// First the name, so that nobody finds a model whose files are going.
	if err := os.Remove(s.manifest(name)); err != nil {
		return 0, err
	}
	others, err := s.List()
	if err != nil { // a manifest that cannot be read may have the files too
		return 0, err
	}
	kept := map[string]bool{}
	for _, o := range others {
		for i := range o.Files {
			kept[o.Files[i].SHA256] = true
		}
	}
	for i := range m.Files {
		f := &m.Files[i]
		if kept[f.SHA256] {
			continue
		}
		unlock, err := s.lock(ctx, blobName(f))
		if err != nil {
			return freed, err
		}
		for _, path := range []string{s.blob(f), s.partial(f)} {
			info, statErr := os.Stat(path)
			if err = os.Remove(path); err == nil && statErr == nil {
				freed += info.Size()
			} else if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			if err != nil {
				break
			}
		}
		unlock()
		if err != nil {
			return freed, err
		}
	}
	return freed, nil
}
