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
const version = 2

//go:embed schema.sql
var schema string

// migrations[i] takes a journal from schema i+1 to i+2.
var migrations = [version - 1]string{
	// 2: the number is SQLite's user_version, beside an application id; samples know
	// what of them is in no test.
	`DELETE FROM meta WHERE name = '` + schemaRow + `';
	ALTER TABLE sample ADD COLUMN cut TEXT NOT NULL DEFAULT ''`,
}

// migrate brings a journal from schema found to the present one, or leaves it as
// it was.
func (j *Journal) migrate(ctx context.Context, found int) error {
	if found == version {
		return nil
	}
	err := j.write(ctx, func(tx *sql.Tx) error {
		for _, step := range migrations[found-1:] {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return err
			}
		}
		return mark(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("%s: from schema %d to %d: %w", j.path, found, version, err)
	}
	return nil
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
		err = j.migrate(ctx, found)
	}
	return errors.Join(err, j.Close())
}
