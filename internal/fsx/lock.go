// Package fsx is what files need beyond package os: to be whole or not there, to be
// held by one process, and to be tidied up after a process that was killed.
package fsx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked means that another process has the lock.
var ErrLocked = errors.New("another process has the lock")

// LockFolder takes a folder for this process, or fails with ErrLocked. The lock
// is the folder's own (flock), so that it leaves no file behind and ends with
// the process, however that ends. Closing the file gives it back.
func LockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Locked tells whether a process has taken a folder. It holds the lock itself for a
// moment, as one of several may.
func Locked(dir string) (bool, error) {
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer f.Close()
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); err {
	case nil:
		return false, nil
	case unix.EWOULDBLOCK:
		return true, nil
	default:
		return false, err
	}
}

// lockPoll is how often a waiting process looks again. flock itself cannot be
// interrupted by a context.
const lockPoll = 100 * time.Millisecond

// LockFile waits until this process is the only one that has the lock file path,
// which is made if it is not there. Closing it gives the lock back. Lock files
// stay: removing one would let two processes hold "the same" lock on two inodes.
func LockFile(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err := lock(f)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, ErrLocked) {
			f.Close()
			return nil, err
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// lock takes the lock of an open file, or fails with ErrLocked.
func lock(f *os.File) error {
	for {
		switch err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err {
		case nil:
			return nil
		case unix.EWOULDBLOCK:
			return fmt.Errorf("%s: %w", f.Name(), ErrLocked)
		case unix.EINTR:
		default:
			return fmt.Errorf("locking %s: %w", f.Name(), err)
		}
	}
}
