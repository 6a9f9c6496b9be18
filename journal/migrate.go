package journal

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"path/filepath"
)

// version is the schema's, kept in the file as SQLite's user_version. Raise it
// with every change of schema.sql, add the step from the version before to
// migrations, and a journal of the new version to testdata.
const version = 3

//go:embed schema.sql
var schema string

// migrations[i] takes a journal from schema i+1 to i+2.
var migrations = [version - 1]string{
	// 2: the number is SQLite's user_version, beside an application id; samples know
	// what of them is in no test.
	`DELETE FROM meta WHERE name = '` + schemaRow + `';
	ALTER TABLE sample ADD COLUMN cut TEXT NOT NULL DEFAULT ''`,
	// 3: hidden tests and shown solutions are inputs like the others; what a run had
	// to leave out is noted.
	`CREATE TABLE shown (problem INTEGER NOT NULL, solution INTEGER NOT NULL, json TEXT NOT NULL,
		PRIMARY KEY (problem, solution)) STRICT, WITHOUT ROWID;
	CREATE TABLE hidden_test (problem INTEGER NOT NULL, test INTEGER NOT NULL, json TEXT NOT NULL,
		PRIMARY KEY (problem, test)) STRICT, WITHOUT ROWID;
	CREATE TABLE note (problem INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
		PRIMARY KEY (problem, name)) STRICT, WITHOUT ROWID`,
}

// migrate brings a journal from schema found to the present one, as part of tx.
func (j *Journal) migrate(ctx context.Context, tx *sql.Tx, found int) error {
	if found == version {
		return nil
	}
	for _, step := range migrations[found-1:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return explain(j.path, fmt.Errorf("%s: from schema %d to %d: %w", j.path, found, version, err))
		}
	}
	return mark(ctx, tx)
}

// mark says in the file that it is ours, of the present schema.
func mark(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID, version))
	return err
}

// upgrade migrates a finished run in its place.
func upgrade(ctx context.Context, dir string) error {
	if err := writable(dir); err != nil {
		return fmt.Errorf("%s has an older schema, which is to be brought up to date first: %w", filepath.Join(dir, Name), err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	j := &Journal{path: filepath.Join(dir, Name), lock: lock}
	found, err := recognize(ctx, j.path) // another process may have been here before the lock
	if err == nil {
		j.db, err = connect(j.path)
	}
	if err == nil {
		err = j.write(ctx, func(tx *sql.Tx) error { return j.migrate(ctx, tx, found) })
	}
	return errors.Join(err, j.Close())
}
