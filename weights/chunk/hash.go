package chunk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Progress is told of n more bytes done; it may be called from several
// goroutines. A nil Progress is allowed everywhere.
type Progress func(n int64)

// Add reports n more bytes.
func (p Progress) Add(n int64) {
	if p != nil {
		p(n)
	}
}

// buffers recycles chunk-sized buffers: each worker needs one at a time.
var buffers = sync.Pool{New: func() any { b := make([]byte, Size); return &b }}

// maxWorkers bounds the buffers (16 MiB each) on machines with many cores;
// more workers than this do not speed up a disk or an address.
const maxWorkers = 8

// ForEach calls fn for every chunk index below count on one worker per core.
// buf has room for one chunk and belongs to fn until it returns.
func ForEach(ctx context.Context, count int, fn func(ctx context.Context, i int, buf []byte) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(min(runtime.GOMAXPROCS(0), maxWorkers))
	for i := range count {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			buf := buffers.Get().(*[]byte)
			defer buffers.Put(buf)
			return fn(ctx, i, *buf)
		})
	}
	return g.Wait()
}

// HashFile reads size bytes of r and returns the File entry for them, with the
// given name and role.
func HashFile(ctx context.Context, r io.ReaderAt, size int64, name string, role Role, p Progress) (File, error) {
	f := File{Name: name, Role: role, Bytes: size, Chunks: make([]string, Count(size))}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		f.SHA256, err = wholeDigest(ctx, r, size)
		return err
	})
	g.Go(func() error {
		return ForEach(ctx, len(f.Chunks), func(_ context.Context, i int, buf []byte) error {
			off, n := f.Range(i)
			if err := readFull(r, buf[:n], off); err != nil {
				return fmt.Errorf("%s: %w", f.Describe(i), err)
			}
			f.Chunks[i] = Digest(buf[:n])
			p.Add(n)
			return nil
		})
	})
	return f, g.Wait()
}

// Digest is the lower-case hex SHA-256 of b.
func Digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// wholeDigest hashes the whole file in one pass: its name in the store.
func wholeDigest(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	sum, n, err := DigestAll(ctx, io.NewSectionReader(r, 0, size))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return sum, err
}

// DigestAll is the lower-case hex SHA-256 of all that r has, and how many bytes
// that was. It ends soon after ctx does.
func DigestAll(ctx context.Context, r io.Reader) (sum string, n int64, err error) {
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", n, err
		}
		k, err := r.Read(buf)
		h.Write(buf[:k])
		n += int64(k)
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), n, nil
		}
		if err != nil {
			return "", n, err
		}
	}
}

// readFull fills b from offset off; the end of the data is an error too.
func readFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Broken returns the chunks of r that differ from f or cannot be read, in
// order. An error means that the check itself was cut short.
func Broken(ctx context.Context, r io.ReaderAt, f *File, p Progress) ([]int, error) {
	var mu sync.Mutex
	var bad []int
	err := ForEach(ctx, len(f.Chunks), func(ctx context.Context, i int, buf []byte) error {
		off, n := f.Range(i)
		if readFull(r, buf[:n], off) != nil || Digest(buf[:n]) != f.Chunks[i] {
			if err := ctx.Err(); err != nil {
				return err // a cancelled read proves nothing about the chunk
			}
			mu.Lock()
			bad = append(bad, i)
			mu.Unlock()
		}
		p.Add(n)
		return nil
	})
	slices.Sort(bad)
	return bad, err
}
