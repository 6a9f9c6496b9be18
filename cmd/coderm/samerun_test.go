package main

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"coderm/journal"
)

// sameRun is a script's command: [!] samerun RUN RUN
func sameRun(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] samerun RUN RUN")
	}
	a, err := contents(ts.MkAbs(args[0]))
	ts.Check(err)
	b, err := contents(ts.MkAbs(args[1]))
	ts.Check(err)
	if d := cmp.Diff(a, b); neg == (d == "") {
		ts.Fatalf("(-%s +%s):\n%s", args[0], args[1], d)
	}
}

// contents are the rows of a run's run.db, table by table, but for when it was made and
// by which command.
func contents(dir string) (map[string][]string, error) {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, journal.Name)+"?mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	tables, err := rowsOf(db, `SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'about'`)
	if err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for _, table := range tables {
		columns := "*"
		if table == "finished" {
			columns = "problem"
		}
		if all[table], err = rowsOf(db, fmt.Sprintf(`SELECT %s FROM %s`, columns, table)); err != nil {
			return nil, err
		}
		slices.Sort(all[table])
	}
	return all, nil
}

func rowsOf(db *sql.DB, query string) (out []string, err error) {
	rows, err := db.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values := make([]any, len(columns))
	for rows.Next() {
		texts := make([]sql.NullString, len(columns))
		for i := range texts {
			values[i] = &texts[i]
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		row := make([]string, len(texts))
		for i, t := range texts {
			row[i] = t.String
		}
		out = append(out, strings.Join(row, "|"))
	}
	return out, rows.Err()
}
