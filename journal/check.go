package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Check fails where Open would refuse the folder: for another run, for other
// files, and while another process works on it. It makes and changes nothing,
// so that it can come before work that costs minutes.
func Check(ctx context.Context, dir string, fp Fingerprint) error {
	entries, err := readDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := writable(dir); err != nil || len(entries) == 0 {
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
	path := filepath.Join(dir, Name)
	found, err := recorded(ctx, path)
	if err != nil || found == 0 {
		return err
	}
	db, err := connectToRead(path)
	if err != nil {
		return err
	}
	defer db.Close()
	old, err := readMeta(ctx, db)
	if err != nil {
		return explain(path, err)
	}
	if err := mismatch(dir, old, fp); err != nil {
		return err
	}
	return whole(ctx, path, db)
}

// whole fails for a damaged journal, before anything is added to it.
func whole(ctx context.Context, path string, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return explain(path, err)
	}
	if found != "ok" {
		return damaged(path, found)
	}
	return nil
}

// mismatch compares the settings of a recorded run with those of this one.
func mismatch(dir string, old, fp Fingerprint) error {
	if diffs := compare(old, fp); len(diffs) > 0 {
		return &MismatchError{dir, diffs}
	}
	return nil
}
