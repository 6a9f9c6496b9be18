package fsx

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// quick is for holders that live, and generous, so that a busy machine does not make
// them look dead; impatient for those that do not.
var (
	quick     = Timing{20 * time.Millisecond, 20 * time.Second}
	impatient = Timing{20 * time.Millisecond, 100 * time.Millisecond}
)

func mustTake(t *testing.T, path string) *Lease {
	t.Helper()
	l, err := TakeLease(t.Context(), path, quick, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A lease is one process's, until it gives it back.
func TestLease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	l := mustTake(t, path)
	watched := 0
	var held *HeldError
	if _, err := TakeLease(t.Context(), path, quick, false, func(Holder) { watched++ }); !errors.As(err, &held) || held.Holder.PID != os.Getpid() || watched != 1 {
		t.Errorf("a second one: %v, %d were watched", err, watched)
	}
	if err := l.Err(); err != nil {
		t.Error(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file stays: %v", err)
	}
	mustTake(t, path).Release()
}

// What a dead process left is taken over, whatever its clock said.
func TestLeaseOfTheDead(t *testing.T) {
	for name, text := range map[string]string{
		"past":   `{"host": "a", "pid": 7, "token": "x", "boot": "other", "beat": "2001-01-01T00:00:00Z"}`,
		"future": `{"host": "a", "pid": 7, "token": "x", "boot": "other", "beat": "2999-01-01T00:00:00Z"}`,
		"half":   `{"host": "a", "pi`,
		"empty":  ``,
	} {
		path := filepath.Join(t.TempDir(), "lease")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		l, err := TakeLease(t.Context(), path, impatient, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		if h, err := ReadLease(path); err != nil || h.PID != os.Getpid() || !h.Here() {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
		l.Release()
	}
}

// One of this machine that cannot live is not waited for.
func TestLeaseOfThisMachine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	if err := os.WriteFile(path, []byte(`{"pid": 7, "token": "x", "boot": "`+bootID()+`"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	forever := Timing{time.Hour, 24 * time.Hour}
	l, err := TakeLease(t.Context(), path, forever, true, func(Holder) { t.Error("it is watched") })
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
}

// Of many that find a dead one's at once, one gets it.
func TestLeaseRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	if err := os.WriteFile(path, []byte(`{"pid": 7, "token": "x"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	timing := Timing{time.Second, 4 * time.Second}
	leases := make([]*Lease, 8)
	var all sync.WaitGroup
	for i := range leases {
		all.Go(func() {
			l, err := TakeLease(t.Context(), path, timing, false, nil)
			var held *HeldError
			if err != nil && !errors.As(err, &held) {
				t.Error(err)
			}
			leases[i] = l
		})
	}
	all.Wait()
	got := 0
	for _, l := range leases {
		if l != nil {
			got++
			if err := l.Err(); err != nil {
				t.Error(err)
			}
			l.Release()
		}
	}
	if got != 1 {
		t.Errorf("%d have it", got)
	}
}

// Who was stopped for long finds out that it lost the lease, and leaves the file alone.
func TestLeaseLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	l := mustTake(t, path)
	other := `{"host": "b", "pid": 8, "token": "y"}`
	if err := os.WriteFile(path, []byte(other), 0o644); err != nil {
		t.Fatal(err)
	}
	<-l.done
	var held *HeldError
	if err := l.Err(); !errors.As(err, &held) || held.Holder.Host != "b" {
		t.Errorf("got %v", err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != other {
		t.Errorf("the other's file is %q, %v", text, err)
	}
	// Before the first sign of life that would have told it, too.
	path = filepath.Join(t.TempDir(), "lease")
	slow, err := TakeLease(t.Context(), path, Timing{time.Hour, 0}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Release()
	if err := slow.Err(); err != nil {
		t.Errorf("it is still there: %v", err)
	}
	if err := os.WriteFile(path, []byte(other), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := slow.Err(); !errors.As(err, &held) {
		t.Errorf("got %v", err)
	}
}

func TestLeaseInterrupted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lease")
	l := mustTake(t, path)
	defer l.Release()
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := TakeLease(ctx, path, Timing{time.Hour, time.Hour}, false, func(Holder) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
