package journal

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"

	"coderm/problem"
	"coderm/sandbox"
)

// Judged is what hidden tests say of a solution.
type Judged struct {
	Right bool
	Why   problem.Wrong // where it is wrong, as far as that is known
}

// Checks names hidden tests and all else that decides what they say: its digest.
type Checks = [sha256.Size]byte

// AddTruth records which solutions are right, in the place of what was recorded of it
// before.
func (j *Journal) AddTruth(ctx context.Context, prob int, truth map[int]Judged) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return addJudged(ctx, tx, `INSERT OR REPLACE INTO truth (kind, why, problem, solution) VALUES (?,?,?,?)`, truth, prob)
	})
}

// AddJudgements records what the checks have said of some solutions.
func (j *Journal) AddJudgements(ctx context.Context, prob int, checks Checks, judged map[int]Judged) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return addJudged(ctx, tx, `INSERT OR REPLACE INTO judgement (kind, why, problem, checks, solution) VALUES (?,?,?,?,?)`, judged, prob, checks[:])
	})
}

// addJudged runs an INSERT of what was judged, whose other values are those of its
// table's key up to the solution.
func addJudged(ctx context.Context, tx *sql.Tx, insert string, judged map[int]Judged, key ...any) error {
	for sol, v := range judged {
		kind, why := sandbox.Pass, ""
		if !v.Right {
			kind = sandbox.Fail
		}
		if v.Why != (problem.Wrong{}) {
			b, err := json.Marshal(v.Why)
			if err != nil {
				return err
			}
			why = string(b)
		}
		values := append(append([]any{kind.String(), why}, key...), sol)
		if _, err := tx.ExecContext(ctx, insert, values...); err != nil {
			return err
		}
	}
	return nil
}

// LoadTruth reads which solutions are known to be right or wrong.
func (j *Journal) LoadTruth(ctx context.Context, prob int) (map[int]Judged, error) {
	s := State{Truth: map[int]Judged{}}
	if err := j.loadTruth(ctx, prob, &s); err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return s.Truth, nil
}

func (j *Journal) loadTruth(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT solution, kind, why FROM truth WHERE problem = ?`, prob, func(r *sql.Rows) error {
		return scanJudged(r, s.Truth)
	})
}

// LoadJudgements reads what the checks are known to say of solutions.
func (j *Journal) LoadJudgements(ctx context.Context, prob int, checks Checks) (map[int]Judged, error) {
	known := map[int]Judged{}
	query := fmt.Sprintf(`SELECT solution, kind, why FROM judgement WHERE problem = ? AND checks = x'%x'`, checks)
	err := j.each(ctx, query, prob, func(r *sql.Rows) error { return scanJudged(r, known) })
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return known, nil
}

func scanJudged(r *sql.Rows, into map[int]Judged) error {
	var sol int
	var kind sandbox.Kind
	var name, why string
	if err := r.Scan(&sol, &name, &why); err != nil {
		return err
	}
	if err := kind.UnmarshalText([]byte(name)); err != nil {
		return err
	}
	j := Judged{Right: kind == sandbox.Pass}
	if why != "" {
		if err := json.Unmarshal([]byte(why), &j.Why); err != nil {
			return &contentError{err}
		}
	}
	into[sol] = j
	return nil
}
