package journal

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"coderm/problem"
	"coderm/sandbox"
)

// Sample is one completion and the tests read from it.
type Sample struct {
	Generation int // from 0
	problem.Sampled
	// Dropped says why the completion gave no test; empty when it did.
	Dropped string
	Tests   []Test
}

// Test is one test and where it comes from.
type Test struct {
	problem.Origin
	problem.Test
}

// Cell is one verdict of the pass matrix.
type Cell struct {
	problem.Origin // of the test
	Solution       int
	Verdict        sandbox.Verdict
}

// Choice is the solution taken for a problem.
type Choice struct {
	Solution int
	Score    float64
	Tied     int // candidates the selector held for equally good
	Selector string
}

// State is everything recorded about one problem.
type State struct {
	Samples []Sample // by generation; given tests have a Sample without completion
	Public  []Test   // by part
	Calls   []Test   // that are observed: those of tests by part, then the mutated ones
	Seen    []Seen
	Made    []Made
	Watched map[problem.Origin]bool // by generation (part 0): the calls of its tests are known
	Cells   []Cell
	Truth   map[int]Judged // by solution
	Hidden  []float32
	Choice  *Choice
	Notes   map[Note]string
}

// Note names something that the latest run on the folder could not do for a
// problem; its text says why.
type Note string

// The notes.
const (
	Unfilled Note = "unfilled" // completions are missing
	Unjudged Note = "unjudged" // the solutions could not be told right from wrong
	Infra    Note = "infra"    // a number of pairs has no verdict by our own fault
	// Ungenerated: the problem's own generator gives no input.
	Ungenerated Note = "ungenerated"
	// Uncompared: outputs that the problem's checker could not compare.
	Uncompared Note = "uncompared"
)

// AddSample records a completion and its tests, all or nothing.
func (j *Journal) AddSample(ctx context.Context, prob int, s Sample) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := addSample(ctx, tx, `INSERT`, prob, s); err != nil {
			return err
		}
		return addTests(ctx, tx, prob, s.Tests)
	})
}

// AddPublic records a problem's public tests, all or nothing.
func (j *Journal) AddPublic(ctx context.Context, prob int, tests []Test) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return addTests(ctx, tx, prob, tests) })
}

func addTests(ctx context.Context, tx *sql.Tx, prob int, tests []Test) error {
	for _, t := range tests {
		if err := addTest(ctx, tx, `INSERT`, prob, t); err != nil {
			return err
		}
	}
	return nil
}

// execer is a transaction, or what does its statements in its own way.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// addSample adds a sample without its tests; insert is the kind of INSERT.
func addSample(ctx context.Context, tx execer, insert string, prob int, s Sample) error {
	cut, err := listJSON(s.Cut)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, insert+` INTO sample (problem, generation, seed, tokens, finish, logprob, shape, model, prompt_solution, completion, dropped, cut)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, prob, s.Generation, int64(s.Seed),
		s.Tokens, s.Finish, s.LogProb, s.Shape, s.Model, s.Solution, s.Completion, s.Dropped, cut)
	return err
}

func addTest(ctx context.Context, tx execer, insert string, prob int, t Test) error {
	_, err := tx.ExecContext(ctx, insert+` INTO test VALUES (?,?,?,?,?,?,?,?,?)`, prob, t.Source.String(), t.Generation, t.Part,
		string(t.Kind), t.Code, t.Input, t.Expected, t.Compare.Text())
	return err
}

// listJSON is a list as it is kept in a column: "" for none.
func listJSON[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	b, err := json.Marshal(list)
	return string(b), err
}

// Seen is what a solution made of an observed call.
type Seen struct {
	problem.Origin // of the call
	Solution       int
	problem.Observation
}

// Made says that a test, or a method of it, makes an observed call.
type Made struct {
	problem.Origin        // of the test
	Method         string // "" outside of any
	Call           int    // the part of the call's origin; its generation is OfTests
}

// Observed is what was found out about the calls of some tests.
type Observed struct {
	Tests []Test // whose calls are known now
	Calls []Test // as far as they were not known
	Made  []Made // by those of the tests that are no asserts
	Seen  []Seen // what solutions made of the calls; a call without any was given up
}

// AddObserved records calls and what came of them, all or nothing.
func (j *Journal) AddObserved(ctx context.Context, prob int, o Observed) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, t := range o.Tests {
			if _, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO watched VALUES (?,?,?)`, prob, t.Source.String(), t.Generation); err != nil {
				return err
			}
		}
		if err := addTests(ctx, tx, prob, o.Calls); err != nil {
			return err
		}
		for _, m := range o.Made {
			_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO made VALUES (?,?,?,?,?,?)`, prob, m.Source.String(), m.Generation, m.Part, m.Method, m.Call)
			if err != nil {
				return err
			}
		}
		for _, o := range o.Seen {
			_, err := tx.ExecContext(ctx, `INSERT INTO observation VALUES (?,?,?,?,?,?,?)`, prob, o.Generation, o.Part, o.Solution,
				string(o.Ending), o.Digest[:], o.Text)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// AddCells records verdicts, all or nothing.
func (j *Journal) AddCells(ctx context.Context, prob int, cells []Cell) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		st, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO verdict VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`)
		if err != nil {
			return err
		}
		defer st.Close()
		for _, c := range cells {
			v := c.Verdict
			methods, err := listJSON(namedMethods(v))
			if err != nil {
				return err
			}
			_, err = st.ExecContext(ctx, prob, c.Source.String(), c.Generation, c.Part, c.Solution,
				v.Kind.String(), v.TestsRun, v.Failures, v.Errors, int64(v.Fuel), v.Detail, v.Broken, methods)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// namedMethods are a verdict's methods if they say more than the verdict: an
// assert is one without a name.
func namedMethods(v sandbox.Verdict) []sandbox.Method {
	if len(v.Methods) == 1 && v.Methods[0] == (sandbox.Method{Kind: v.Kind}) {
		return nil
	}
	return v.Methods
}

// AddHidden records the prompt's hidden state, [n_embd].
func (j *Journal) AddHidden(ctx context.Context, prob int, state []float32) error {
	b := make([]byte, 0, 4*len(state))
	for _, x := range state {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO hidden VALUES (?,?)`, prob, b)
		return err
	})
}

// Finish records that a run is done with a problem: the choice, if there is one, and
// what the run could not do, in place of what an earlier one could not. The time stays
// that of the first.
func (j *Journal) Finish(ctx context.Context, prob int, c *Choice, notes map[Note]string) error {
	return j.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if c != nil {
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO choice VALUES (?,?,?,?,?)`, prob, c.Solution, c.Score, c.Tied, c.Selector)
			if err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM note WHERE problem = ?`, prob); err != nil {
			return err
		}
		for name, text := range notes {
			if _, err := tx.ExecContext(ctx, `INSERT INTO note VALUES (?,?,?)`, prob, string(name), text); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO finished VALUES (?, unixepoch())`, prob)
		return err
	})
}

// Load reads everything recorded about one problem.
func (j *Journal) Load(ctx context.Context, prob int) (State, error) {
	s := State{Truth: map[int]Judged{}, Notes: map[Note]string{}, Watched: map[problem.Origin]bool{}}
	for _, step := range []func(context.Context, int, *State) error{j.loadSamples, j.loadTests, j.loadCells, j.loadSeen, j.loadMade, j.loadWatched, j.loadTruth, j.loadHidden, j.loadChoice, j.loadNotes} {
		if err := step(ctx, prob, &s); err != nil {
			return State{}, explain(j.path, fmt.Errorf("reading the journal: %w", err))
		}
	}
	return s, nil
}
