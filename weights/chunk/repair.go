package chunk

import (
	"context"
	"errors"
	"fmt"
)

// Either reads from a source that may be damaged and takes what is broken from
// another one: the way to repair a pack. Reads must be whole chunks, as Fill
// and pack.Write do them.
type Either struct {
	Damaged, Good Source
}

// Manifest is the damaged source's own.
func (e Either) Manifest(ctx context.Context) (*Manifest, error) { return e.Damaged.Manifest(ctx) }

// Close closes both.
func (e Either) Close() error { return errors.Join(e.Damaged.Close(), e.Good.Close()) }

// Open returns the file of both; the good source has it under any name, by its
// digest.
func (e Either) Open(ctx context.Context, f *File) (ReaderAtCloser, error) {
	m, err := e.Good.Manifest(ctx)
	if err != nil {
		return nil, err
	}
	damaged, err := e.Damaged.Open(ctx, f)
	if err != nil {
		return nil, err
	}
	r := &eitherReader{f: f, damaged: damaged}
	for i := range m.Files {
		if m.Files[i].SHA256 != f.SHA256 {
			continue
		}
		if r.good, err = e.Good.Open(ctx, &m.Files[i]); err != nil {
			return nil, errors.Join(err, damaged.Close())
		}
		break
	}
	return r, nil
}

type eitherReader struct {
	f             *File
	damaged, good ReaderAtCloser
}

func (r *eitherReader) Close() error {
	err := r.damaged.Close()
	if r.good != nil {
		err = errors.Join(err, r.good.Close())
	}
	return err
}

func (r *eitherReader) ReadAt(b []byte, off int64) (int, error) {
	i := int(off / Size)
	if off%Size != 0 || i >= len(r.f.Chunks) {
		return 0, fmt.Errorf("%s: not a chunk at offset %d", r.f.Name, off)
	}
	if n, err := r.damaged.ReadAt(b, off); n == len(b) && Digest(b) == r.f.Chunks[i] {
		return n, nil
	} else if r.good == nil {
		return 0, errors.Join(err, fmt.Errorf("%s is broken, and the other source does not have this file", r.f.Describe(i)))
	}
	return r.good.ReadAt(b, off)
}
