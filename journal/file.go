package journal

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/mattn/go-sqlite3" // also the "sqlite3" driver
	"golang.org/x/sys/unix"

	"coderm/internal/fsx"
)

// FileError says why a run.db cannot be used, and what to do.
type FileError struct {
	Path   string
	Reason string
	Err    error // the cause, if another error was it
}

func (e *FileError) Error() string { return e.Path + " " + e.Reason }
func (e *FileError) Unwrap() error { return e.Err }

// errNotRun marks files that only have a journal's name.
var errNotRun = errors.New("not a journal")

func notRun(path, reason string) error { return &FileError{path, reason, errNotRun} }

func damaged(path, what string) error {
	return &FileError{path, fmt.Sprintf("is damaged (%s); what it holds cannot be relied on: begin again in a new folder", what), nil}
}

// explain turns SQLite's errors about a file into words about the run.
func explain(path string, err error) error {
	var e sqlite3.Error
	var content *contentError
	switch {
	case errors.As(err, &content):
		return damaged(path, content.Error())
	case !errors.As(err, &e):
		return err
	case e.Code == sqlite3.ErrCorrupt, e.Code == sqlite3.ErrNotADB,
		strings.HasPrefix(e.Error(), "no such table"), strings.HasPrefix(e.Error(), "no such column"):
		return damaged(path, e.Error())
	case e.Code == sqlite3.ErrReadonly, e.Code == sqlite3.ErrCantOpen, e.Code == sqlite3.ErrPerm:
		return &FileError{path, fmt.Sprintf("cannot be opened (%s); may its folder be written to?", e.Error()), err}
	}
	return err
}

// recorded tells which schema the run at path has, 0 for no run yet. Other
// people's files are ErrForeign.
func recorded(ctx context.Context, path string) (int, error) {
	found, err := recognize(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case errors.Is(err, errNotRun):
		return 0, fmt.Errorf("%w: %w", err, ErrForeign)
	}
	return found, err
}

// recognize tells which schema the journal at path has, without changing the
// file: 0 for one that nothing was recorded in.
func recognize(ctx context.Context, path string) (int, error) {
	if _, err := os.Lstat(path); err != nil {
		return 0, err
	}
	st, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, notRun(path, "is a link to nowhere")
	case !st.Mode().IsRegular(): // opening a pipe would wait for a writer
		return 0, notRun(path, "is no plain file")
	case st.Size() == 0:
		return 0, nil
	}
	if ours, err := looksLikeSQLite(path); err != nil || !ours {
		return 0, err
	}
	db, err := connectToRead(path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	found, err := schemaOf(ctx, db)
	switch {
	case err != nil:
		return 0, explain(path, err)
	case found < 0:
		return 0, notRun(path, "is a database of another program")
	case found > version:
		return 0, &FileError{path, fmt.Sprintf("was written by a newer version of this program (schema %d, this one knows %d); use that, or another folder", found, version), nil}
	}
	return found, nil
}

// rollBack ends what a process began that was killed while the database had no
// write-ahead log, as when it is made, or on a network file system: who only reads
// could not.
func rollBack(ctx context.Context, path string) error {
	if _, err := os.Lstat(path + "-journal"); err != nil {
		return nil
	}
	if ours, err := looksLikeSQLite(path); err != nil || !ours {
		return nil // whatever it is, recognize tells
	}
	db, err := openDB(path, "mode=rw&_busy_timeout=5000")
	if err != nil {
		return err
	}
	defer db.Close()
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables); err != nil {
		return explain(path, err)
	}
	return nil
}

func looksLikeSQLite(path string) (bool, error) {
	const magic = "SQLite format 3\x00"
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	begin := make([]byte, len(magic))
	if _, err := io.ReadFull(f, begin); err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && string(begin) != magic {
		return false, notRun(path, "is no journal of a run")
	} else if err != nil {
		return false, err
	}
	return true, nil
}

// applicationID marks our journals among SQLite files ("codr").
var applicationID = int(binary.BigEndian.Uint32([]byte("codr")))

// schemaRow is the setting in which schema 1 kept its number; it had no
// application id.
const schemaRow = "schema"

// schemaOf is 0 for an empty database and -1 for another program's.
func schemaOf(ctx context.Context, db *sql.DB) (int, error) {
	var app, user, tables, settings int
	err := db.QueryRowContext(ctx, `SELECT application_id, user_version FROM pragma_application_id, pragma_user_version`).Scan(&app, &user)
	if err != nil {
		return 0, err
	}
	if app == applicationID && user > 0 {
		return user, nil
	}
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE name = 'meta' AND type = 'table') FROM sqlite_master`).Scan(&tables, &settings)
	switch {
	case err != nil:
		return 0, err
	case tables == 0 && app == 0 && user == 0:
		return 0, nil
	case settings == 0:
		return -1, nil
	}
	var number string
	if err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, schemaRow).Scan(&number); err != nil || number != "1" {
		return -1, nil // whatever is wrong with it, it is not our table
	}
	return 1, nil
}

// connect opens the journal to write to it.
func connect(path string) (*sql.DB, error) {
	network, err := fsx.Network(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	if network != "" {
		// The index of a write-ahead log is memory that the processes of one machine
		// share (sqlite.org/wal.html), so others read nonsense. A rollback journal needs
		// locks alone; a reader's may keep a transaction waiting for as long as it reads.
		return openDB(path, "mode=rwc&_journal_mode=DELETE&_synchronous=FULL&_busy_timeout=600000")
	}
	// NORMAL with WAL: a killed process loses nothing; a power cut may lose the
	// last transactions but never the file.
	return openDB(path, "mode=rwc&_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000")
}

// connectToRead opens the journal of a run, which another process may be working on.
func connectToRead(path string) (*sql.DB, error) { return openURI(path, toRead(path)) }

// toRead is the URI of a journal that is only read. Where the folder cannot be written
// to, nobody works on it, and SQLite need not put its index of the write-ahead log
// there; a log that was left must then be read by somebody who can.
func toRead(path string) string {
	options := "mode=ro"
	if _, err := os.Stat(path + "-wal"); errors.Is(err, fs.ErrNotExist) && writable(filepath.Dir(path)) != nil {
		options += "&immutable=1"
	}
	return uri(path, options+"&_busy_timeout=5000")
}

func openDB(path, options string) (*sql.DB, error) { return openURI(path, uri(path, options)) }

func uri(path, options string) string {
	return "file:" + uriPath(path) + "?" + options
}

func openURI(path, uri string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", uri)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // SQLite has one writer anyway, and the pragmas are the connection's
	return db, nil
}

// uriPath escapes what has a meaning in an SQLite URI.
func uriPath(path string) string {
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
}

// writable fails for a folder, or a run.db in it, that this process may not
// write to.
func writable(dir string) error {
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return &fs.PathError{Op: "write to", Path: dir, Err: err}
	}
	path := filepath.Join(dir, Name)
	if err := unix.Access(path, unix.R_OK|unix.W_OK); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &fs.PathError{Op: "write to", Path: path, Err: err}
	}
	return nil
}

// whole fails for a damaged journal, before anything is added to it.
func whole(ctx context.Context, path string) error {
	db, err := connectToRead(path)
	if err != nil {
		return err
	}
	defer db.Close()
	var found string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
		return explain(path, err)
	}
	if found != "ok" {
		return damaged(path, found)
	}
	return nil
}
