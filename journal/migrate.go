package journal

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"coderm/problem"
)

// version is the schema's, kept in the file as SQLite's user_version. Raise it
// with every change of schema.sql, add the step from the version before to
// migrations, and a journal of the new version to testdata.
const version = 10

//go:embed schema.sql
var schema string

// migrations[i] takes a journal from schema i+1 to i+2.
var migrations = [version - 1]func(context.Context, *sql.Tx) error{withCuts, withTypedTests, withObservations, withJudgements, withMakers, withPart, withFinished, withSlow, withMeasured}

// withCuts, schema 2: the number is SQLite's user_version, beside an application id;
// samples know what of them is in no test.
func withCuts(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM meta WHERE name = '`+schemaRow+`';
	ALTER TABLE sample ADD COLUMN cut TEXT NOT NULL DEFAULT ''`)
	return err
}

// withTypedTests, schema 3: hidden tests and shown solutions are inputs like the
// others; what a run had to leave out is noted; tests have kinds and origins. Before, a test of standard input
// and output was a marked string, and public tests were generation -1.
func withTypedTests(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE TABLE shown (problem INTEGER NOT NULL, solution INTEGER NOT NULL, json TEXT NOT NULL,
	  PRIMARY KEY (problem, solution)) STRICT, WITHOUT ROWID;
	CREATE TABLE hidden_test (problem INTEGER NOT NULL, test INTEGER NOT NULL, json TEXT NOT NULL,
	  PRIMARY KEY (problem, test)) STRICT, WITHOUT ROWID;
	CREATE TABLE note (problem INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL,
	  PRIMARY KEY (problem, name)) STRICT, WITHOUT ROWID;
	DELETE FROM sample WHERE generation = -1;
	CREATE TABLE typed (
	  problem INTEGER NOT NULL, origin TEXT NOT NULL, generation INTEGER NOT NULL, part INTEGER NOT NULL,
	  kind TEXT NOT NULL, code TEXT NOT NULL, input TEXT NOT NULL, expected TEXT NOT NULL, compare TEXT NOT NULL,
	  PRIMARY KEY (problem, origin, generation, part)
	) STRICT, WITHOUT ROWID;
	INSERT INTO typed SELECT problem, iif(generation < 0, 'public', 'generated'), max(generation, 0), part, style, code, '', '', '' FROM test;
	DROP TABLE test;
	ALTER TABLE typed RENAME TO test;
	CREATE TABLE typed (
	  problem INTEGER NOT NULL, origin TEXT NOT NULL, generation INTEGER NOT NULL, part INTEGER NOT NULL, solution INTEGER NOT NULL,
	  kind TEXT NOT NULL, tests_run INTEGER NOT NULL, failures INTEGER NOT NULL, errors INTEGER NOT NULL, fuel INTEGER NOT NULL,
	  detail TEXT NOT NULL, broken INTEGER NOT NULL, methods TEXT NOT NULL,
	  PRIMARY KEY (problem, origin, generation, part, solution)
	) STRICT, WITHOUT ROWID;
	INSERT INTO typed SELECT problem, iif(generation < 0, 'public', 'generated'), max(generation, 0), part, solution,
	  kind, tests_run, failures, errors, fuel, detail, broken, methods FROM verdict;
	DROP TABLE verdict;
	ALTER TABLE typed RENAME TO verdict`)
	if err != nil {
		return err
	}
	return splitMarked(ctx, tx)
}

// withObservations, schema 4: what solutions made of calls, and whose calls are known.
func withObservations(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE TABLE observation (problem INTEGER NOT NULL, generation INTEGER NOT NULL, part INTEGER NOT NULL,
	  solution INTEGER NOT NULL, ending TEXT NOT NULL, digest BLOB NOT NULL, text TEXT NOT NULL,
	  PRIMARY KEY (problem, generation, part, solution)) STRICT, WITHOUT ROWID;
	CREATE TABLE watched (problem INTEGER NOT NULL, origin TEXT NOT NULL, generation INTEGER NOT NULL,
	  PRIMARY KEY (problem, origin, generation)) STRICT, WITHOUT ROWID`)
	return err
}

// withJudgements, schema 5: what hidden tests say is kept by what they are, and why a
// solution is wrong.
func withJudgements(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `ALTER TABLE truth ADD COLUMN why TEXT NOT NULL DEFAULT '';
	CREATE TABLE judgement (problem INTEGER NOT NULL, checks BLOB NOT NULL, solution INTEGER NOT NULL, kind TEXT NOT NULL, why TEXT NOT NULL,
	  PRIMARY KEY (problem, checks, solution)) STRICT, WITHOUT ROWID`)
	return err
}

// withMakers, schema 6: which methods make which calls.
func withMakers(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE TABLE made (problem INTEGER NOT NULL, origin TEXT NOT NULL, generation INTEGER NOT NULL,
	  part INTEGER NOT NULL, method TEXT NOT NULL, call INTEGER NOT NULL,
	  PRIMARY KEY (problem, origin, generation, part, method, call)) STRICT, WITHOUT ROWID`)
	return err
}

// withPart, schema 7: a run may be of some of its problems, and says what made it.
func withPart(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `ALTER TABLE problem ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
	CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`)
	return err
}

// withFinished, schema 8: of which problems a run was done. Of those with a choice one
// was, nobody knows when.
func withFinished(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE TABLE finished (problem INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
	INSERT INTO finished SELECT problem, 0 FROM choice`)
	return err
}

// withSlow, schema 9: a verdict may be slow, which programs of before would not know.
func withSlow(context.Context, *sql.Tx) error { return nil }

// withMeasured, schema 10: what references and their mutants say of the tests.
func withMeasured(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `CREATE TABLE measured (problem INTEGER NOT NULL, checks BLOB NOT NULL, json TEXT NOT NULL,
	  PRIMARY KEY (problem, checks)) STRICT, WITHOUT ROWID`)
	return err
}

// splitMarked gives tests that are marked strings their kind and fields.
func splitMarked(ctx context.Context, tx *sql.Tx) error {
	codes, err := markedTests(ctx, tx)
	if err != nil {
		return err
	}
	for _, code := range codes {
		text, err := json.Marshal(code)
		if err != nil {
			return err
		}
		var t problem.Test // as the files' reader understands the string
		if err := json.Unmarshal(text, &t); err != nil {
			return err
		}
		if t.Kind != problem.Stdio {
			continue
		}
		_, err = tx.ExecContext(ctx, `UPDATE test SET kind = ?, code = '', input = ?, expected = ?, compare = ? WHERE code = ?`,
			string(t.Kind), t.Input, t.Expected, t.Compare.Text(), code)
		if err != nil {
			return err
		}
	}
	return nil
}

// markedTests are the tests that may be marked strings: Python has no zero byte.
func markedTests(ctx context.Context, tx *sql.Tx) (codes []string, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT code FROM test WHERE substr(CAST(code AS BLOB), 1, 1) = X'00'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var code string
		if err := rows.Scan(&code); err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, rows.Err()
}

// migrate brings a journal from schema found to the present one, as part of tx.
func (j *Journal) migrate(ctx context.Context, tx *sql.Tx, found int) error {
	if found == version {
		return nil
	}
	for _, step := range migrations[found-1:] {
		if err := step(ctx, tx); err != nil {
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
	hold, err := holdDir(ctx, dir, nil)
	if err != nil {
		return err
	}
	j := &Journal{path: filepath.Join(dir, Name), hold: hold}
	found, err := recognize(ctx, j.path) // another process may have been here before the lock
	if err == nil {
		j.db, err = connect(j.path)
	}
	if err == nil {
		err = j.write(ctx, func(_ context.Context, tx *sql.Tx) error { return j.migrate(ctx, tx, found) })
	}
	return errors.Join(err, j.Close())
}
