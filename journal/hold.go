package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"coderm/internal/fsx"
)

// LeaseName is the file in a run folder by which processes of several machines exclude
// each other from it.
const LeaseName = "run.lease"

// hold is a run folder that is this process's: by the folder's lock among those of this
// machine, by a lease among those of all that see the folder.
type hold struct {
	lock  *os.File // nil: the file system has no such locks
	lease *fsx.Lease
}

// holdDir takes the run folder for this process. waiting is told of a holder that may
// be dead and is watched for a while.
func holdDir(ctx context.Context, dir string, waiting func(fsx.Holder)) (h *hold, err error) {
	h = new(hold)
	h.lock, err = fsx.LockFolder(dir)
	switch {
	case errors.Is(err, fsx.ErrLocked):
		return nil, fmt.Errorf("%s: %w", dir, ErrBusy)
	case errors.Is(err, unix.EBADF), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EINVAL):
		// NFS locks no folders, others nothing at all: there is the lease.
	case err != nil:
		return nil, err
	}
	h.lease, err = fsx.TakeLease(ctx, filepath.Join(dir, LeaseName), fsx.LeaseTiming, h.lock != nil, waiting)
	if err == nil {
		return h, nil
	}
	if h.lock != nil {
		h.lock.Close()
	}
	var held *fsx.HeldError
	if errors.As(err, &held) {
		return nil, fmt.Errorf("%s: %w (%s)", dir, ErrBusy, held.Holder)
	}
	return nil, fmt.Errorf("taking %s: %w", dir, err)
}

// err tells why the folder is no longer this process's. Who only reads has none, and
// SQLite tells it that it cannot write.
func (h *hold) err() error {
	if h == nil {
		return nil
	}
	return h.lease.Err()
}

// release gives the folder back, after last is done in it.
func (h *hold) release(last func() error) error {
	err := h.lease.Release()
	if last != nil {
		err = errors.Join(err, last())
	}
	if h.lock != nil {
		err = errors.Join(err, h.lock.Close())
	}
	return err
}

// Working tells who works on a run folder. A process of another machine does if its
// latest sign of life is not old, as far as the two clocks agree.
func Working(dir string) (h fsx.Holder, ok bool) {
	locked, err := fsx.Locked(dir)
	local := err == nil
	h, err = fsx.ReadLease(filepath.Join(dir, LeaseName))
	switch {
	case local && locked:
		return h, true
	case err != nil || h.PID == 0 || local && h.Here():
		return h, false
	}
	return h, time.Since(h.Beat).Abs() < lively
}

// lively is how old a sign of life may be that was seen without waiting for the next.
const lively = 2 * time.Minute
