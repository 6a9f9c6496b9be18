package fsx

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

// Holder is who has a lease, as its file says.
type Holder struct {
	Host  string    `json:"host"`
	Boot  string    `json:"boot"` // names the running kernel: containers of one machine share it
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
	Beat  time.Time `json:"beat"` // the last sign of life, by its own clock
	Token string    `json:"token"`
}

func (h Holder) String() string {
	return fmt.Sprintf("process %d on %s, since %s", h.PID, h.Host, h.Since.Format(time.DateTime))
}

// Here tells whether the holder is a process of this machine, since it was started.
func (h Holder) Here() bool { return h.Boot != "" && h.Boot == bootID() }

// Timing is how often a holder shows that it lives, and how long nobody else sees that
// before its lease is taken over.
type Timing struct{ Beat, Patience time.Duration }

// LeaseTiming lets a holder miss three signs of life.
var LeaseTiming = Timing{10 * time.Second, 40 * time.Second}

// HeldError says that a lease is somebody's who lives.
type HeldError struct{ Holder Holder }

func (e *HeldError) Error() string { return "held by " + e.Holder.String() }

// Lease is the right to something for one process, of those of all machines that see a
// file: a lock that needs no more of a file system than that what is written is seen by
// others. Its holder writes to the file again and again. Who finds a file watches it: if
// it changes, its holder lives; if it does not for Patience, by the watcher's own
// clock, it is taken over. No clock is compared with another.
type Lease struct {
	path   string
	timing Timing
	stop   context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	holder Holder
	seen   time.Time // when the file was last found to be ours
	lost   error
}

// TakeLease takes the lease whose file is path. alone says that no process of this
// machine can have it: then one that was is not waited for. waiting, if not nil, is told
// of a holder that is watched. A holder that lives is a *HeldError.
func TakeLease(ctx context.Context, path string, t Timing, alone bool, waiting func(Holder)) (*Lease, error) {
	host, _ := os.Hostname() // for people
	now := time.Now()
	l := &Lease{path: path, timing: t, holder: Holder{host, bootID(), os.Getpid(), now, now, rand.Text()}}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	switch {
	case errors.Is(err, fs.ErrExist):
		err = l.takeOver(ctx, alone, waiting)
	case err == nil:
		err = errors.Join(l.write(f), f.Close())
		if err != nil {
			os.Remove(path)
		}
	}
	if err != nil {
		return nil, err
	}
	l.seen = time.Now()
	renewing, stop := context.WithCancel(context.Background())
	l.stop, l.done = stop, make(chan struct{})
	go l.renew(renewing)
	return l, nil
}

// bootID names this boot of this machine's kernel; "" where the system does not.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(id))
}

// takeOver waits until the file's holder shows that it lives, or has not for Patience.
func (l *Lease) takeOver(ctx context.Context, alone bool, waiting func(Holder)) error {
	first, holder, err := readLease(l.path)
	if errors.Is(err, fs.ErrNotExist) { // given back just now
		first, err = nil, nil
	}
	if err != nil {
		return err
	}
	ours := alone && holder.Here()
	if !ours {
		if waiting != nil {
			waiting(holder)
		}
		if err := l.watch(ctx, first); err != nil {
			return err
		}
	}
	// Others may have watched as long: all write, and after a while the file is the last
	// one's (Fischer's algorithm; Lamport, A Fast Mutual Exclusion Algorithm, 1987).
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if err := errors.Join(l.write(f), f.Close()); err != nil || ours {
		return err
	}
	if err := sleep(ctx, l.timing.Beat); err != nil {
		return err
	}
	_, holder, err = readLease(l.path)
	if err == nil && holder.Token != l.holder.Token {
		err = &HeldError{holder}
	}
	return err
}

// watch returns when the file has been the same for Patience, or is gone.
func (l *Lease) watch(ctx context.Context, first []byte) error {
	for end := time.Now().Add(l.timing.Patience); time.Now().Before(end); {
		if err := sleep(ctx, l.timing.Beat/4); err != nil {
			return err
		}
		text, holder, err := readLease(l.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !bytes.Equal(text, first):
			return &HeldError{holder}
		}
	}
	return nil
}

// renew shows that the holder lives, until the lease is given back or lost.
func (l *Lease) renew(ctx context.Context) {
	defer close(l.done)
	for sleep(ctx, l.timing.Beat) == nil {
		err := l.beat()
		l.mu.Lock()
		if err == nil {
			l.seen = time.Now()
		}
		var held *HeldError
		if errors.As(err, &held) || errors.Is(err, fs.ErrNotExist) {
			l.lost = fmt.Errorf("%s: another process has taken over what this one worked on: %w", l.path, err)
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
	}
}

func (l *Lease) beat() error {
	_, holder, err := readLease(l.path)
	if err != nil {
		return err
	}
	if holder.Token != l.holder.Token {
		return &HeldError{holder}
	}
	f, err := os.OpenFile(l.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	l.holder.Beat = time.Now()
	return errors.Join(l.write(f), f.Close())
}

// Err tells why the lease is no longer this process's; nil while it is. A process that
// was stopped for longer than the others' patience finds out here before it goes on.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost == nil && time.Since(l.seen) > l.timing.Patience {
		_, holder, err := readLease(l.path)
		if err == nil && holder.Token == l.holder.Token {
			l.seen = time.Now()
			return nil
		}
		if err == nil {
			err = &HeldError{holder}
		}
		return fmt.Errorf("%s: whether another process has taken over is not known, or it has: %w", l.path, err)
	}
	return l.lost
}

// Release gives the lease back, and removes its file.
func (l *Lease) Release() error {
	l.stop()
	<-l.done
	_, holder, err := readLease(l.path)
	if err == nil && holder.Token == l.holder.Token {
		err = os.Remove(l.path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// leaseSize is how long the file is: it is overwritten in place, since other machines
// may go on reading a file that was replaced.
const leaseSize = 512

// write writes the file, with spaces at its end.
func (l *Lease) write(f *os.File) error {
	text, err := json.Marshal(l.holder)
	if err != nil {
		return err
	}
	text = append(text, bytes.Repeat([]byte{' '}, max(0, leaseSize-1-len(text)))...)
	if _, err := f.WriteAt(append(text, '\n'), 0); err != nil {
		return err
	}
	return f.Sync()
}

// ReadLease tells who has a lease. One that is just being written may be empty.
func ReadLease(path string) (Holder, error) {
	_, h, err := readLease(path)
	return h, err
}

func readLease(path string) (text []byte, h Holder, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, h, err
	}
	defer f.Close()
	if text, err = io.ReadAll(io.LimitReader(f, 2*leaseSize)); err != nil {
		return nil, h, err
	}
	if json.Unmarshal(text, &h) != nil { // half of it is written: it is nobody's yet
		h = Holder{}
	}
	return text, h, nil
}

// sleep waits, unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
