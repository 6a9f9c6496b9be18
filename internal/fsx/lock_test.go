package fsx

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"
)

func TestLockFolder(t *testing.T) {
	dir := t.TempDir()
	f, err := LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockFolder(dir); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if locked, err := Locked(dir); err != nil || !locked {
		t.Errorf("a folder that is taken: %v, %v", locked, err)
	}
	f.Close()
	if locked, err := Locked(dir); err != nil || locked {
		t.Errorf("a folder that is given back: %v, %v", locked, err)
	}
	again, err := LockFolder(dir)
	if err != nil {
		t.Fatalf("after it was given back: %v", err)
	}
	again.Close()
	if _, err := LockFolder(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}

func TestLockFileWaits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f, err := LockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := LockFile(cancelled, path); !errors.Is(err, context.Canceled) {
		t.Errorf("waited and was cancelled: %v", err)
	}
	got := make(chan error)
	go func() {
		f, err := LockFile(t.Context(), path)
		if err == nil {
			err = f.Close()
		}
		got <- err
	}()
	f.Close()
	if err := <-got; err != nil {
		t.Errorf("waited: %v", err)
	}
}
