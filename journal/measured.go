package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
)

// AddMeasured records what was found out about a problem's tests; by is the digest of all
// that decides it.
func (j *Journal) AddMeasured(ctx context.Context, prob int, by Checks, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO measured (problem, checks, json) VALUES (?,?,?)`, prob, by[:], string(text))
		return err
	})
}

// LoadMeasured reads into v what is known of a problem's tests; false where nothing is.
func (j *Journal) LoadMeasured(ctx context.Context, prob int, by Checks, v any) (known bool, err error) {
	query := fmt.Sprintf(`SELECT json FROM measured WHERE problem = ? AND checks = x'%x'`, by)
	err = j.each(ctx, query, prob, func(r *sql.Rows) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		known = true
		if err := json.Unmarshal([]byte(text), v); err != nil {
			return &contentError{err}
		}
		return nil
	})
	if err != nil {
		return false, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return known, nil
}
