package chunk

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// Fill makes dst hold f: chunks of dst that are right already are kept, the
// others are read from src, checked, and written. So a cut-off copy resumes
// and a damaged one is repaired by the same call. It returns the bytes taken
// from src. p counts all bytes known to be right.
//
// A chunk that src has wrong too is an error naming it; the chunks that were
// right stay in dst, so that another source can supply the rest.
func Fill(ctx context.Context, dst *os.File, f *File, src io.ReaderAt, p Progress) (int64, error) {
	info, err := dst.Stat()
	if err != nil {
		return 0, err
	}
	have := info.Size()
	if have > f.Bytes {
		if err := dst.Truncate(f.Bytes); err != nil {
			return 0, err
		}
	}
	var fetched atomic.Int64
	err = ForEach(ctx, len(f.Chunks), func(ctx context.Context, i int, buf []byte) error {
		off, n := f.Range(i)
		b := buf[:n]
		if off+n <= have && readFull(dst, b, off) == nil && Digest(b) == f.Chunks[i] {
			p.Add(n)
			return nil
		}
		if err := readFull(src, b, off); err != nil {
			return fmt.Errorf("%s: %w", f.Describe(i), err)
		}
		if Digest(b) != f.Chunks[i] {
			return fmt.Errorf("%s: %w", f.Describe(i), ErrMismatch)
		}
		if _, err := dst.WriteAt(b, off); err != nil {
			return err
		}
		fetched.Add(n)
		p.Add(n)
		return nil
	})
	if err != nil {
		return fetched.Load(), err
	}
	sum, err := wholeDigest(ctx, dst, f.Bytes)
	if err == nil && sum != f.SHA256 {
		// Every chunk matched its own digest, so the manifest contradicts itself.
		err = fmt.Errorf("%s: the manifest's chunk digests and its file digest disagree", f.Name)
	}
	if err == nil {
		err = dst.Sync()
	}
	return fetched.Load(), err
}
