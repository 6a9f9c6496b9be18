package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"coderm/internal/badinput"
	"coderm/internal/fsx"
	"coderm/weights/chunk"
)

// Pulled says what a pull did.
type Pulled struct {
	*Model
	Fetched int64 // bytes read from the source once it had told what it has
	Here    bool  // everything was there before
}

// Pull brings the model that src offers into the store under name. Files that
// are there already are kept; a file that was cut off or is damaged continues
// from its good chunks. The name appears only when everything is in place, so
// an older model of that name stays usable until then.
func (s *Store) Pull(ctx context.Context, name string, src chunk.Source, p chunk.Progress) (*Pulled, error) {
	if !chunk.ValidName(name) {
		return nil, fmt.Errorf("bad model name %q: letters, digits, '.', '_' and '-' only", name)
	}
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	named := *m
	named.Name = name
	pulled := &Pulled{Here: true}
	for i := range named.Files {
		pulled.Here = pulled.Here && s.has(&named.Files[i])
		n, err := s.fetch(ctx, &named.Files[i], src, p)
		pulled.Fetched += n
		if err != nil {
			return nil, err
		}
	}
	if err := writeAtomic(s.manifest(name), named.Encode()); err != nil {
		return nil, err
	}
	pulled.Model, err = s.Lookup(name)
	return pulled, err
}

// Watch is told what is going to be read, and how many bytes that is (0: not known
// yet); what it returns, of each that was read and of the end.
type Watch func(label string, bytes int64) (p chunk.Progress, finish func())

// PullFrom is Pull from a source that OpenSource understands. A name that means
// another model already keeps it, unless replace is set. What the caller can mend is
// a *badinput.Error.
func (s *Store) PullFrom(ctx context.Context, name, from string, replace bool, watch Watch) (*Pulled, error) {
	p, finish := watch("reading", 0)
	src, m, err := s.openForPull(ctx, name, from, p)
	finish()
	if err != nil {
		return nil, err
	}
	defer src.Close()
	if old, err := s.Lookup(name); err == nil && !replace && old.Manifest.Model().SHA256 != m.Model().SHA256 {
		return nil, badinput.Errorf("%s is another model already: %s; choose another name, or give --replace", name, old.Title)
	}
	p, finish = watch(name, m.Bytes())
	defer finish()
	pulled, err := s.Pull(ctx, name, src, p)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", name, err)
	}
	return pulled, nil
}

// openForPull opens the source and finds out what it has; for a file without a
// manifest that means reading all of it.
func (s *Store) openForPull(ctx context.Context, name, from string, p chunk.Progress) (chunk.Source, *chunk.Manifest, error) {
	src, err := s.OpenSource(ctx, name, from, p)
	if err != nil {
		err = fmt.Errorf("--from: %w", err)
		if from != "" && !strings.Contains(from, "://") { // what is on this machine is the user's to name
			err = badinput.Mark(err)
		}
		return nil, nil, err
	}
	m, err := src.Manifest(ctx)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read the source: %w", err), src.Close())
	}
	return src, m, nil
}

// fetch makes one file complete. The lock makes a second process wait and then
// find the file finished.
func (s *Store) fetch(ctx context.Context, f *chunk.File, src chunk.Source, p chunk.Progress) (int64, error) {
	if s.has(f) {
		p.Add(f.Bytes)
		return 0, nil
	}
	unlock, err := s.lock(ctx, blobName(f))
	if err != nil {
		return 0, err
	}
	defer unlock()
	if s.has(f) { // finished by whoever held the lock
		p.Add(f.Bytes)
		return 0, nil
	}
	for _, dir := range []string{"blobs", "partial"} {
		if err := os.MkdirAll(filepath.Join(s.dir, dir), 0o755); err != nil {
			return 0, err
		}
	}
	if _, err := os.Stat(s.blob(f)); err == nil { // there, with a wrong size
		if err := s.quarantine(f); err != nil {
			return 0, err
		}
	}
	r, err := src.Open(ctx, f)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	w, err := os.OpenFile(s.partial(f), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return 0, err
	}
	n, err := chunk.Fill(ctx, w, f, r, p)
	if err == nil && f.Role == chunk.RoleModel {
		// The digests say that it is what the source has, not that it is a model.
		if err = checkGGUF(w, f.Bytes); err != nil {
			err = errors.Join(fmt.Errorf("%s: %w", f.Name, err), os.Remove(s.partial(f)))
		}
	}
	if err == nil {
		err = w.Chmod(0o444)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return n, err
	}
	if err := os.Rename(s.partial(f), s.blob(f)); err != nil {
		return n, err
	}
	return n, fsx.SyncFolder(filepath.Join(s.dir, "blobs"))
}

// writeAtomic replaces path by data, so that a reader sees the old or the new
// content and never a part. It makes path's folder.
func writeAtomic(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return fsx.WriteFile(path, func(f *os.File) error {
		_, err := f.Write(data)
		return err
	})
}
