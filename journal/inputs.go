package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"coderm/problem"
)

// Input is what a run was given for one problem: a run folder needs no other file
// to be read again.
type Input struct {
	Problem   problem.Problem
	Solutions []problem.Solution
}

// Problems are the numbers of the run's problems, in order; leftOut is how many more
// its file has.
func (j *Journal) Problems(ctx context.Context) (numbers []int, leftOut int, err error) {
	err = j.each(ctx, `SELECT problem, left_out FROM problem WHERE problem >= ? ORDER BY problem`, 0, func(r *sql.Rows) error {
		var number int
		var left bool
		err := r.Scan(&number, &left)
		if left {
			leftOut++
		} else {
			numbers = append(numbers, number)
		}
		return err
	})
	if err != nil {
		return nil, 0, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return numbers, leftOut, nil
}

// Numbers are the problems' places by their task_id.
func (j *Journal) Numbers(ctx context.Context) (map[string]int, error) {
	out := map[string]int{}
	err := j.each(ctx, `SELECT problem, json_extract(json, '$.task_id') FROM problem WHERE problem >= ?`, 0, func(r *sql.Rows) error {
		var number int
		var id string
		err := r.Scan(&number, &id)
		out[id] = number
		return err
	})
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return out, nil
}

// Finished are the numbers of the problems that a run is done with.
func (j *Journal) Finished(ctx context.Context) (map[int]bool, error) {
	out := map[int]bool{}
	err := j.each(ctx, `SELECT problem FROM finished WHERE problem >= ?`, 0, func(r *sql.Rows) error {
		var number int
		err := r.Scan(&number)
		out[number] = true
		return err
	})
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return out, nil
}

// Input reads what the run was given for a problem.
func (j *Journal) Input(ctx context.Context, prob int) (in Input, err error) {
	if in.Problem, err = readProblem(ctx, j.db, prob); err == nil {
		in.Solutions, err = j.solutions(ctx, `SELECT json FROM solution WHERE problem = ? ORDER BY solution`, prob)
	}
	if err != nil {
		return Input{}, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return in, nil
}

// Shown reads the solutions that the model is to be shown for a problem.
func (j *Journal) Shown(ctx context.Context, prob int) ([]problem.Solution, error) {
	list, err := j.solutions(ctx, `SELECT json FROM shown WHERE problem = ? ORDER BY solution`, prob)
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return list, nil
}

func (j *Journal) solutions(ctx context.Context, query string, prob int) (list []problem.Solution, err error) {
	err = j.each(ctx, query, prob, func(r *sql.Rows) error {
		s := problem.Solution{Index: len(list)}
		err := scanJSON(r, &s)
		list = append(list, s)
		return err
	})
	return list, err
}

// HiddenTests reads the hidden tests that were given for a problem.
func (j *Journal) HiddenTests(ctx context.Context, prob int) (tests []problem.TestLine, err error) {
	err = j.each(ctx, `SELECT json FROM hidden_test WHERE problem = ? ORDER BY test`, prob, func(r *sql.Rows) error {
		t := problem.TestLine{Index: len(tests)}
		err := scanJSON(r, &t)
		tests = append(tests, t)
		return err
	})
	if err != nil {
		return nil, explain(j.path, fmt.Errorf("reading the journal: %w", err))
	}
	return tests, nil
}

func readProblem(ctx context.Context, db querier, prob int) (p problem.Problem, err error) {
	found := false
	err = each(ctx, db, `SELECT json FROM problem WHERE problem = ?`, prob, func(r *sql.Rows) error {
		found = true
		return scanJSON(r, &p)
	})
	if err == nil && !found {
		err = &contentError{fmt.Errorf("problem %d is missing", prob)}
	}
	return p, err
}

// contentError is content of the journal that nobody of us wrote.
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
