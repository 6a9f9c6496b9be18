package chunk

import (
	"context"
	"io"
)

// ReaderAtCloser is random access to one file of a source.
type ReaderAtCloser interface {
	io.ReaderAt
	io.Closer
}

// Source is where a model's bytes come from: a folder, a pack, another
// program's store, an address. Manifest may read (but not keep) everything;
// Open must be cheap until ReadAt is called.
type Source interface {
	Manifest(ctx context.Context) (*Manifest, error)
	Open(ctx context.Context, f *File) (ReaderAtCloser, error)
	Close() error
}
