package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
)

// Check fails where Open would refuse the folder: for another run, for other
// files, and while another process works on it. It makes and changes nothing,
// so that it can come before work that costs minutes.
func Check(ctx context.Context, dir string, fp Fingerprint) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if !holdsRun(entries) {
		return fmt.Errorf("%s: %w", dir, ErrForeign)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	defer lock.Close()
	db, err := connect(filepath.Join(dir, Name), "ro")
	if err != nil {
		return err
	}
	defer db.Close()
	old, err := readMeta(ctx, db)
	if err != nil {
		return nil // cut off before it was prepared, or damaged: Open tells
	}
	return mismatch(dir, old, fp)
}

// mismatch compares the settings of a recorded run with those of this one.
func mismatch(dir string, old, fp Fingerprint) error {
	now := Fingerprint{"schema": version}
	maps.Copy(now, fp)
	if diffs := compare(old, now); len(old) > 0 && len(diffs) > 0 {
		return &MismatchError{dir, diffs}
	}
	return nil
}
