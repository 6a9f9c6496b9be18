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
)

// Name is the journal's file in a run folder.
const Name = "run.db"

// Fingerprint is what makes two runs the same run: digests of the inputs and
// every setting that changes a result, by name.
type Fingerprint map[string]string

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
	hold *hold // nil: it is only read
	// Resumed tells whether the run already existed.
	Resumed bool
}

// OpenFinished opens an existing run to read it. It changes nothing but an older
// schema.
func OpenFinished(ctx context.Context, dir string) (*Journal, error) {
	j, err := Peek(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := whole(ctx, j.path); err != nil { // a damaged key can end a query early, without an error
		j.Close()
		return nil, err
	}
	return j, nil
}

// Peek is OpenFinished without a look at the whole file, for a few words about a run:
// where the file is damaged, not all of them may come.
func Peek(ctx context.Context, dir string) (*Journal, error) {
	path := filepath.Join(dir, Name)
	if err := heal(ctx, dir); err != nil {
		return nil, err
	}
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

// heal ends what a killed process began in a folder that nobody works on.
func heal(ctx context.Context, dir string) error {
	path := filepath.Join(dir, Name)
	if _, err := os.Lstat(path + "-journal"); err != nil || writable(dir) != nil {
		return nil
	}
	if _, working := Working(dir); working {
		return nil
	}
	h, err := holdDir(ctx, dir, nil)
	if errors.Is(err, ErrBusy) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(rollBack(ctx, path), h.release(nil))
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

func holdsRun(entries []fs.DirEntry) bool {
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == Name })
}

// querier is a database or a transaction of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readMeta(ctx context.Context, db querier) (Fingerprint, error) {
	return readPairs(ctx, db, `SELECT name, value FROM meta WHERE name <> '`+schemaRow+`'`)
}

// readPairs reads names and values.
func readPairs(ctx context.Context, db querier, query string) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	pairs := map[string]string{}
	for rows.Next() {
		var k, v string
		if err := rows.Scan(&k, &v); err != nil {
			return nil, err
		}
		pairs[k] = v
	}
	return pairs, rows.Err()
}

// SetAbout replaces what is said of the run for people.
func (j *Journal) SetAbout(ctx context.Context, about map[string]string) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM about`); err != nil {
			return err
		}
		for name, value := range about {
			if _, err := tx.ExecContext(ctx, `INSERT INTO about VALUES (?, ?)`, name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// About is what was said of the run for people.
func (j *Journal) About(ctx context.Context) (map[string]string, error) {
	about, err := readPairs(ctx, j.db, `SELECT name, value FROM about`)
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return about, nil
}

func compare(old, now Fingerprint) []string { return Differences(old, now, "%s: was %s, now %s") }

// Differences words, in a form that takes a setting's name and its two values, where
// two runs' settings differ.
func Differences(old, now Fingerprint, form string) (diffs []string) {
	names := slices.Sorted(maps.Keys(now))
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, ok := now[k]; !ok {
			names = append(names, k)
		}
	}
	for _, k := range names {
		if a, b := old[k], now[k]; a != b {
			diffs = append(diffs, fmt.Sprintf(form, k, brief(a), brief(b)))
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
	if j.hold != nil {
		err = errors.Join(err, j.hold.release(nil))
	}
	return err
}

// write runs fn in one transaction, which the end of ctx does not cut short: it
// takes milliseconds, and the driver looks for that with a goroutine a statement.
func (j *Journal) write(ctx context.Context, fn func(context.Context, *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := j.hold.err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := j.db.BeginTx(ctx, nil)
	if err == nil {
		if err = fn(ctx, tx); err != nil {
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
