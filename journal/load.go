package journal

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"

	"coderm/problem"
)

// each calls fn for every row of a query about one problem. As in write, the end
// of ctx is looked for before it and not within.
func (j *Journal) each(ctx context.Context, query string, prob int, fn func(*sql.Rows) error) error {
	return each(ctx, j.db, query, prob, fn)
}

func each(ctx context.Context, db querier, query string, prob int, fn func(*sql.Rows) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	rows, err := db.QueryContext(context.WithoutCancel(ctx), query, prob)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (j *Journal) loadSamples(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT generation, seed, tokens, finish, logprob, shape, model, prompt_solution, completion, dropped, cut
		FROM sample WHERE problem = ? ORDER BY generation`, prob, func(r *sql.Rows) error {
		var x Sample
		var seed int64
		var cut string
		err := r.Scan(&x.Generation, &seed, &x.Tokens, &x.Finish, &x.LogProb, &x.Shape, &x.Model, &x.Solution, &x.Completion, &x.Dropped, &cut)
		if err == nil && cut != "" {
			err = json.Unmarshal([]byte(cut), &x.Cut)
		}
		x.Seed = uint64(seed)
		s.Samples = append(s.Samples, x)
		return err
	})
}

// loadTests hangs each generated test under its sample.
func (j *Journal) loadTests(ctx context.Context, prob int, s *State) error {
	at := 0
	return j.each(ctx, `SELECT origin, generation, part, kind, code, input, expected, compare
		FROM test WHERE problem = ? ORDER BY generation, part`, prob, func(r *sql.Rows) error {
		var t Test
		var origin, compare string
		if err := r.Scan(&origin, &t.Generation, &t.Part, &t.Kind, &t.Code, &t.Input, &t.Expected, &compare); err != nil {
			return err
		}
		var err error
		if t.Compare, err = problem.ParseChecker(compare); err != nil {
			return err
		}
		if err := t.Source.UnmarshalText([]byte(origin)); err != nil {
			return err
		}
		if t.Source == problem.Public {
			s.Public = append(s.Public, t)
			return nil
		}
		if t.Source == problem.Observed {
			s.Calls = append(s.Calls, t)
			return nil
		}
		for at < len(s.Samples) && s.Samples[at].Generation < t.Generation {
			at++
		}
		if at == len(s.Samples) || s.Samples[at].Generation != t.Generation {
			return errors.New("a test without its sample")
		}
		s.Samples[at].Tests = append(s.Samples[at].Tests, t)
		return nil
	})
}

func (j *Journal) loadCells(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT origin, generation, part, solution, kind, tests_run, failures, errors, fuel, detail, broken, methods
		FROM verdict WHERE problem = ? ORDER BY origin, generation, part, solution`, prob, func(r *sql.Rows) error {
		var c Cell
		var origin, kind, methods string
		var fuel int64
		v := &c.Verdict
		if err := r.Scan(&origin, &c.Generation, &c.Part, &c.Solution, &kind, &v.TestsRun, &v.Failures, &v.Errors, &fuel, &v.Detail, &v.Broken, &methods); err != nil {
			return err
		}
		v.Fuel = uint64(fuel)
		if err := c.Source.UnmarshalText([]byte(origin)); err != nil {
			return err
		}
		if err := v.Kind.UnmarshalText([]byte(kind)); err != nil {
			return err
		}
		if methods != "" {
			if err := json.Unmarshal([]byte(methods), &v.Methods); err != nil {
				return err
			}
		}
		s.Cells = append(s.Cells, c)
		return nil
	})
}

func (j *Journal) loadSeen(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT generation, part, solution, ending, digest, text
		FROM observation WHERE problem = ? ORDER BY generation, part, solution`, prob, func(r *sql.Rows) error {
		o := Seen{Origin: problem.Origin{Source: problem.Observed}}
		var digest []byte
		if err := r.Scan(&o.Generation, &o.Part, &o.Solution, &o.Ending, &digest, &o.Text); err != nil {
			return err
		}
		if copy(o.Digest[:], digest) != len(o.Digest) {
			return errors.New("an observation with a digest that is too short")
		}
		s.Seen = append(s.Seen, o)
		return nil
	})
}

func (j *Journal) loadMade(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT origin, generation, part, method, call FROM made WHERE problem = ?`, prob, func(r *sql.Rows) error {
		var m Made
		var origin string
		if err := r.Scan(&origin, &m.Generation, &m.Part, &m.Method, &m.Call); err != nil {
			return err
		}
		err := m.Source.UnmarshalText([]byte(origin))
		s.Made = append(s.Made, m)
		return err
	})
}

func (j *Journal) loadWatched(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT origin, generation FROM watched WHERE problem = ?`, prob, func(r *sql.Rows) error {
		var at problem.Origin
		var origin string
		if err := r.Scan(&origin, &at.Generation); err != nil {
			return err
		}
		err := at.Source.UnmarshalText([]byte(origin))
		s.Watched[at] = true
		return err
	})
}

func (j *Journal) loadHidden(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT state FROM hidden WHERE problem = ?`, prob, func(r *sql.Rows) error {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return err
		}
		s.Hidden = make([]float32, len(b)/4)
		for i := range s.Hidden {
			s.Hidden[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return nil
	})
}

func (j *Journal) loadChoice(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT solution, score, tied, selector FROM choice WHERE problem = ?`, prob, func(r *sql.Rows) error {
		s.Choice = new(Choice)
		return r.Scan(&s.Choice.Solution, &s.Choice.Score, &s.Choice.Tied, &s.Choice.Selector)
	})
}

func (j *Journal) loadNotes(ctx context.Context, prob int, s *State) error {
	return j.each(ctx, `SELECT name, text FROM note WHERE problem = ?`, prob, func(r *sql.Rows) error {
		var name Note
		var text string
		err := r.Scan(&name, &text)
		s.Notes[name] = text
		return err
	})
}
