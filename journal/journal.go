// Package journal is a run's memory: an append-only SQLite store (WAL) of
// every sample, test, verdict and choice, from which a killed run resumes.
package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"coderm/problem"
)

// Name is the journal's file in a run folder.
const Name = "run.db"

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
	path string // of run.db
	db   *sql.DB
	lock *os.File
	// Resumed tells whether the run already existed.
	Resumed bool
}

// Open creates the run in dir, or reopens it when the fingerprint is the same.
// It fails with a *MismatchError for another run, ErrBusy when a live process
// holds it, ErrForeign for a folder of other files, and a *FileError for a
// journal that cannot be used.
func Open(ctx context.Context, dir string, fp Fingerprint, in Inputs) (*Journal, error) {
	created, err := makeDir(dir)
	if err != nil {
		return nil, err
	}
	return open(ctx, dir, created, fp, in)
}

// OpenFinished opens an existing run to read it. It changes nothing but an older
// schema.
func OpenFinished(ctx context.Context, dir string) (*Journal, error) {
	path := filepath.Join(dir, Name)
	found, err := recognize(ctx, path)
	if err == nil && found == 0 {
		err = notRun(path, "nothing is recorded in it")
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRun) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoRun)
	}
	if err != nil {
		return nil, err
	}
	if found < version {
		if err := upgrade(ctx, dir); err != nil {
			return nil, err
		}
	}
	db, err := connectToRead(path)
	if err != nil {
		return nil, err
	}
	return &Journal{path: path, db: db, Resumed: true}, nil
}

// readDir lists the run folder dir.
func readDir(dir string) ([]fs.DirEntry, error) {
	st, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() { // opening a pipe would wait for a writer
		return nil, &fs.PathError{Op: "open", Path: dir, Err: unix.ENOTDIR}
	}
	return os.ReadDir(dir)
}

// makeDir creates dir, and refuses a folder that holds other things.
func makeDir(dir string) (created bool, err error) {
	entries, err := readDir(dir)
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
	j := &Journal{path: filepath.Join(dir, Name), lock: lock}
	defer func() {
		if err == nil {
			return
		}
		if created && !j.Resumed {
			os.RemoveAll(dir)
		}
		j.Close()
	}()
	found, err := recorded(ctx, j.path)
	if err != nil {
		return nil, err
	}
	j.Resumed = found > 0
	if err = writable(dir); err != nil {
		return nil, err
	}
	if j.db, err = connect(j.path); err != nil {
		return nil, err
	}
	if j.Resumed {
		return j, j.resume(ctx, dir, found, fp)
	}
	return j, j.begin(ctx, fp, in)
}

// begin prepares a new run: all of it, or nothing.
func (j *Journal) begin(ctx context.Context, fp Fingerprint, in Inputs) error {
	return j.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		if err := mark(ctx, tx); err != nil {
			return err
		}
		for k, v := range fp {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta(name, value) VALUES (?, ?)`, k, v); err != nil {
				return err
			}
		}
		return addInputs(ctx, tx, in)
	})
}

// resume compares the fingerprint with that of the recorded run, and only then
// touches it.
func (j *Journal) resume(ctx context.Context, dir string, found int, fp Fingerprint) error {
	old, err := j.Meta(ctx)
	if err != nil {
		return err
	}
	if err := mismatch(dir, old, fp); err != nil {
		return err
	}
	return j.migrate(ctx, found)
}

func readMeta(ctx context.Context, db *sql.DB) (Fingerprint, error) {
	rows, err := db.QueryContext(ctx, `SELECT name, value FROM meta WHERE name <> '`+schemaRow+`'`)
	if err != nil {
		return nil, err
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
func (j *Journal) Meta(ctx context.Context) (Fingerprint, error) {
	fp, err := readMeta(ctx, j.db)
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the run's settings: %w", err))
	}
	return fp, nil
}

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
	if err == nil {
		if err = fn(tx); err != nil {
			tx.Rollback()
		} else {
			err = tx.Commit()
		}
	}
	if err != nil {
		return explain(j.path, fmt.Errorf("writing the journal: %w", err))
	}
	return nil
}
