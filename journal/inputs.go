package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"coderm/problem"
)

func addInputs(ctx context.Context, tx *sql.Tx, in Inputs) error {
	for i, p := range in.Problems {
		b, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO problem VALUES (?, ?)`, i, string(b)); err != nil {
			return err
		}
		for k, s := range in.Solutions[i] {
			if b, err = json.Marshal(s); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO solution VALUES (?, ?, ?)`, i, k, string(b)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Inputs reads what the run was started with.
func (j *Journal) Inputs(ctx context.Context) (Inputs, error) {
	in, err := j.readInputs(ctx)
	if err != nil {
		return Inputs{}, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return in, nil
}

func (j *Journal) readInputs(ctx context.Context) (in Inputs, err error) {
	rows, err := j.db.QueryContext(ctx, `SELECT json FROM problem ORDER BY problem`)
	if err != nil {
		return in, err
	}
	defer rows.Close()
	for rows.Next() {
		var p problem.Problem
		if err := scanJSON(rows, &p); err != nil {
			return in, err
		}
		in.Problems = append(in.Problems, p)
	}
	if err := rows.Err(); err != nil {
		return in, err
	}
	in.Solutions = make([][]problem.Solution, len(in.Problems))
	for i := range in.Problems {
		err := j.each(ctx, `SELECT json FROM solution WHERE problem = ? ORDER BY solution`, i, func(r *sql.Rows) error {
			s := problem.Solution{Index: len(in.Solutions[i])}
			err := scanJSON(r, &s)
			in.Solutions[i] = append(in.Solutions[i], s)
			return err
		})
		if err != nil {
			return in, err
		}
	}
	return in, nil
}

// contentError is JSON in the journal that nobody of us wrote.
type contentError struct{ err error }

func (e *contentError) Error() string { return e.err.Error() }
func (e *contentError) Unwrap() error { return e.err }

func scanJSON(r *sql.Rows, v any) error {
	var b []byte
	if err := r.Scan(&b); err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &contentError{err}
	}
	return nil
}
