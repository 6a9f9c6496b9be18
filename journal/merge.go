package journal

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
)

// Absorbed says what of another run was taken.
type Absorbed struct {
	Finished int // problems of the other run that a run is done with
	Taken    int // of them; the others were here already
	// Unfinished are the other run's other problems, by number: their task_ids.
	Unfinished map[int]string
}

// absorbBatch is how many problems are taken at once: what is not yet safe of them is
// in memory, and in the write-ahead log.
const absorbBatch = 200

// Absorb takes, from the run in another folder, every problem that a run is done with
// there and that is not here, or was done here with notes only and there without. Each
// is taken with all that is recorded of it, or not at all; of the others it is recorded
// that they are left out. Whether the runs belong together is for the caller to know.
func (j *Journal) Absorb(ctx context.Context, dir string) (a Absorbed, err error) {
	conn, err := j.db.Conn(ctx)
	if err != nil {
		return a, fmt.Errorf("opening %s: %w", j.path, err)
	}
	defer conn.Close()
	path := filepath.Join(dir, Name)
	safe := context.WithoutCancel(ctx) // what a statement takes is bounded
	if _, err := conn.ExecContext(safe, `ATTACH DATABASE ? AS other`, toRead(path)); err != nil {
		return a, explain(path, err)
	}
	defer conn.ExecContext(safe, `DETACH DATABASE other`)
	tables, err := byProblem(safe, conn)
	if err != nil {
		return a, explain(j.path, err)
	}
	if _, err := conn.ExecContext(safe, `INSERT INTO problem (problem, json, left_out) SELECT problem, json, 1 FROM other.problem WHERE true ON CONFLICT DO NOTHING;
		CREATE TEMP TABLE IF NOT EXISTS taken (problem INTEGER PRIMARY KEY)`); err != nil {
		return a, explain(j.path, err)
	}
	if err := conn.QueryRowContext(safe, `SELECT count(*) FROM other.finished`).Scan(&a.Finished); err != nil {
		return a, explain(path, err)
	}
	if a.Unfinished, err = names(safe, conn, `SELECT problem, json_extract(json, '$.task_id') FROM other.problem
		WHERE NOT left_out AND problem NOT IN (SELECT problem FROM other.finished)`); err != nil {
		return a, explain(path, err)
	}
	for last := int64(-1); ; {
		if err := ctx.Err(); err != nil {
			return a, err
		}
		n, next, err := absorbSome(safe, conn, tables, last)
		if err != nil {
			return a, explain(j.path, fmt.Errorf("taking from %s: %w", path, err))
		}
		if n == 0 {
			return a, nil
		}
		a.Taken += n
		last = next
	}
}

// absorbSome takes the first problems after one, and tells how many and the last.
func absorbSome(ctx context.Context, conn *sql.Conn, tables map[string]string, after int64) (n int, last int64, err error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, err
	}
	defer tx.Rollback()
	_, err = tx.ExecContext(ctx, `DELETE FROM temp.taken;
		INSERT INTO temp.taken SELECT problem FROM other.finished f
		WHERE problem > ? AND (problem NOT IN (SELECT problem FROM main.finished)
		  OR EXISTS (SELECT 1 FROM main.note m WHERE m.problem = f.problem) AND NOT EXISTS (SELECT 1 FROM other.note o WHERE o.problem = f.problem))
		ORDER BY problem LIMIT ?`, after, absorbBatch)
	if err == nil {
		err = tx.QueryRowContext(ctx, `SELECT count(*), coalesce(max(problem), 0) FROM temp.taken`).Scan(&n, &last)
	}
	if err != nil || n == 0 {
		return 0, 0, err
	}
	_, err = tx.ExecContext(ctx, `UPDATE main.problem SET left_out = (SELECT left_out FROM other.problem o WHERE o.problem = main.problem.problem)
		WHERE problem IN (SELECT problem FROM temp.taken)`)
	if err != nil {
		return 0, 0, err
	}
	for table, columns := range tables {
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`DELETE FROM main.%[1]s WHERE problem IN (SELECT problem FROM temp.taken);
			INSERT INTO main.%[1]s (%[2]s) SELECT %[2]s FROM other.%[1]s WHERE problem IN (SELECT problem FROM temp.taken)`, table, columns))
		if err != nil {
			return 0, 0, fmt.Errorf("table %s: %w", table, err)
		}
	}
	return n, last, tx.Commit()
}

// names reads numbers and names of problems.
func names(ctx context.Context, db querier, query string) (map[int]string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int]string{}
	for rows.Next() {
		var number int
		var name string
		if err := rows.Scan(&number, &name); err != nil {
			return nil, err
		}
		out[number] = name
	}
	return out, rows.Err()
}

// byProblem are the tables that have facts and inputs of problems, with their columns:
// those of a run that was migrated may be in another order.
func byProblem(ctx context.Context, conn *sql.Conn) (map[string]string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT m.name, c.name FROM main.sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name <> 'problem' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) p WHERE p.name = 'problem')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		columns[table] = append(columns[table], column)
	}
	tables := map[string]string{}
	for table, list := range columns {
		tables[table] = strings.Join(list, ", ")
	}
	return tables, rows.Err()
}
