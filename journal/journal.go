// Package journal is a run's memory: an append-only SQLite store (WAL) of
// every sample, test, verdict and choice, from which a killed run resumes.
package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the "sqlite3" driver

	"coderm/problem"
)

// Name is the journal's file in a run folder.
const Name = "run.db"

// version is the schema's; a journal of another version is refused.
const version = "1"

//go:embed schema.sql
var schema string

// Fingerprint is what makes two runs the same run: digests of the inputs and
// every setting that changes a result, by name.
type Fingerprint map[string]string

// Inputs are the problems and the solutions of each: a run folder needs no
// other file to be read again.
type Inputs struct {
	Problems  []problem.Problem
	Solutions [][]problem.Solution
}

// MismatchError says that a folder holds another run, and what differs.
type MismatchError struct {
	Dir   string
	Diffs []string // "name: was …, now …"
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s holds another run (%s); choose another folder, or repeat its settings to resume it",
		e.Dir, strings.Join(e.Diffs, "; "))
}

// ErrBusy means another process is working on the run.
var ErrBusy = errors.New("another process is working on this run")

// ErrForeign means the folder is not empty and holds no run.
var ErrForeign = errors.New("the folder is not empty and holds no run; choose a new one")

// ErrNoRun means a folder holds no run.
var ErrNoRun = errors.New("no run in this folder")

// Journal is an open run. It is safe for concurrent use.
type Journal struct {
	db   *sql.DB
	lock *os.File
	// Resumed tells whether the run already existed.
	Resumed bool
}

// Open creates the run in dir, or reopens it when the fingerprint is the same.
// It fails with a *MismatchError for another run, ErrBusy when a live process
// holds it, and ErrForeign for a folder of other files.
func Open(ctx context.Context, dir string, fp Fingerprint, in Inputs) (*Journal, error) {
	created, err := makeDir(dir)
	if err != nil {
		return nil, err
	}
	return open(ctx, dir, created, fp, in)
}

// OpenFinished opens an existing run to read it.
func OpenFinished(ctx context.Context, dir string) (*Journal, error) {
	path := filepath.Join(dir, Name)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoRun)
	}
	db, err := connect(path, "ro")
	if err != nil {
		return nil, err
	}
	j := &Journal{db: db, Resumed: true}
	if fp, err := j.Meta(ctx); err != nil {
		j.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	} else if fp["schema"] != version {
		j.Close()
		return nil, fmt.Errorf("%s was written by another version of this program (schema %s, this one reads %s)", path, orNone(fp["schema"]), version)
	}
	return j, nil
}

// makeDir creates dir, and refuses a folder that holds other things.
func makeDir(dir string) (created bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, os.MkdirAll(dir, 0o755)
	case err != nil:
		return false, err
	}
	if len(entries) > 0 && !holdsRun(entries) {
		return false, fmt.Errorf("%s: %w", dir, ErrForeign)
	}
	return false, nil
}

func holdsRun(entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == Name })
}

// open takes the folder and opens its run. A folder that was created for it goes
// again when that fails, but only under the lock and with nothing recorded:
// another process may have found it in between.
func open(ctx context.Context, dir string, created bool, fp Fingerprint, in Inputs) (_ *Journal, err error) {
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	j := &Journal{lock: lock}
	defer func() {
		if err == nil {
			return
		}
		if created && !j.Resumed {
			os.RemoveAll(dir)
		}
		j.Close()
	}()
	// One connection: SQLite has one writer anyway, and the pragmas are its own.
	if j.db, err = connect(filepath.Join(dir, Name), "rwc"); err != nil {
		return nil, err
	}
	if _, err = j.db.ExecContext(ctx, schema); err != nil {
		return nil, fmt.Errorf("preparing %s: %w", Name, err)
	}
	return j, j.claim(ctx, dir, fp, in)
}

func connect(path, mode string) (*sql.DB, error) {
	// NORMAL with WAL: a killed process loses nothing; a power cut may lose the
	// last transactions but never the file.
	db, err := sql.Open("sqlite3", "file:"+uriPath(path)+"?mode="+mode+"&_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000")
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// uriPath escapes what has a meaning in an SQLite URI.
func uriPath(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
}

// claim stores the fingerprint and inputs of a new run, or compares the
// fingerprint of an old one.
func (j *Journal) claim(ctx context.Context, dir string, fp Fingerprint, in Inputs) error {
	old, err := readMeta(ctx, j.db)
	if err != nil {
		return err
	}
	if len(old) > 0 {
		j.Resumed = true
		return mismatch(dir, old, fp)
	}
	now := Fingerprint{"schema": version}
	maps.Copy(now, fp)
	return j.write(ctx, func(tx *sql.Tx) error {
		for k, v := range now {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta(name, value) VALUES (?, ?)`, k, v); err != nil {
				return err
			}
		}
		return addInputs(ctx, tx, in)
	})
}

func readMeta(ctx context.Context, db *sql.DB) (Fingerprint, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, value FROM meta`)
	if err != nil {
		return nil, fmt.Errorf("reading the run's settings: %w", err)
	}
	defer rows.Close()
	fp := Fingerprint{}
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, err
		}
		fp[k] = v
	}
	return fp, rows.Err()
}

func compare(old, now Fingerprint) []string {
	names := slices.Sorted(maps.Keys(now))
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, ok := now[k]; !ok {
			names = append(names, k)
		}
	}
	var diffs []string
	for _, k := range names {
		if a, b := old[k], now[k]; a != b {
			diffs = append(diffs, fmt.Sprintf("%s: was %s, now %s", k, brief(a), brief(b)))
		}
	}
	return diffs
}

// brief is enough of a setting to tell two apart by eye: of a digest, its
// beginning.
func brief(s string) string {
	if _, err := hex.DecodeString(s); err == nil && len(s) == 2*sha256.Size {
		return s[:12]
	}
	return orNone(s)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// Meta is the fingerprint the run was started with.
func (j *Journal) Meta(ctx context.Context) (Fingerprint, error) { return readMeta(ctx, j.db) }

// Close releases the run. What was recorded is safe before Close.
func (j *Journal) Close() error {
	var err error
	if j.db != nil {
		err = j.db.Close()
	}
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}

// write runs fn in one transaction.
func (j *Journal) write(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	if err := fn(tx); err != nil {
		tx.Rollback()
		return fmt.Errorf("writing the journal: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}
