package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"coderm/internal/fsx"
	"coderm/problem"
)

// Opening is a run folder that this process has taken, before it is told which
// run it is to be. Inputs are recorded while they are read, so that no more than
// one of them need be in memory; all of it is one transaction that Journal
// commits, and nothing of it stays otherwise.
type Opening struct {
	// Resumed tells whether the folder holds a run already.
	Resumed bool

	j      *Journal
	tx     *sql.Tx
	insert *inserts
	recent recent
	made   []string // folders that were not there, the deepest first
	fresh  bool     // no run.db was there
}

// recent is the problem asked for last: files are mostly in one order.
type recent struct {
	number int
	problem.Problem
	known bool
}

// Take takes the folder dir for a run, new or recorded. It fails with ErrBusy
// when a live process holds it, of this machine or another that sees the folder;
// ErrForeign for a folder of other files, and a
// *FileError for a journal that cannot be used. waiting, if there is one, is told of a
// process of another machine that may be dead: to know takes most of a minute.
func Take(ctx context.Context, dir string, waiting ...func(fsx.Holder)) (*Opening, error) {
	made, err := makeDir(dir)
	if err != nil {
		return nil, errors.Join(err, removeEmpty(made))
	}
	return take(ctx, dir, made, func(h fsx.Holder) {
		for _, tell := range waiting {
			tell(h)
		}
	})
}

// OpenRecorded opens the run in a folder, whichever it is, to add what is found out
// about it. The folder is this process's as by Take; one without a run is ErrNoRun.
func OpenRecorded(ctx context.Context, dir string) (*Journal, error) {
	found, err := recognize(ctx, filepath.Join(dir, Name))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotRun) || err == nil && found == 0 {
		return nil, fmt.Errorf("%s: %w", dir, ErrNoRun)
	}
	if err != nil {
		return nil, err
	}
	if err := writable(dir); err != nil {
		return nil, err
	}
	o, err := take(ctx, dir, nil, nil)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	settings, err := readMeta(ctx, o.tx)
	if err != nil {
		return nil, o.explain(err)
	}
	return o.Journal(ctx, settings)
}

// makeDir creates dir, and refuses a folder that holds other things. It tells
// which folders were not there, the deepest first.
func makeDir(dir string) (made []string, err error) {
	entries, err := readDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		for d := filepath.Clean(dir); ; d = filepath.Dir(d) {
			if _, err := os.Lstat(d); !errors.Is(err, fs.ErrNotExist) {
				return made, os.MkdirAll(dir, 0o755)
			}
			made = append(made, d)
		}
	case err != nil:
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == LeaseName })
	if len(entries) > 0 && !holdsRun(entries) {
		return nil, fmt.Errorf("%s: %w", dir, ErrForeign)
	}
	return nil, writable(dir)
}

// removeEmpty removes folders, the deepest first, up to one that is in use.
func removeEmpty(dirs []string) error {
	for _, d := range dirs {
		switch err := os.Remove(d); {
		case errors.Is(err, unix.ENOTEMPTY):
			return nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

func take(ctx context.Context, dir string, made []string, waiting func(fsx.Holder)) (_ *Opening, err error) {
	hold, err := holdDir(ctx, dir, waiting)
	if err != nil {
		return nil, err
	}
	o := &Opening{j: &Journal{path: filepath.Join(dir, Name), hold: hold}, made: made}
	if err := rollBack(ctx, o.j.path); err != nil {
		hold.release(nil)
		return nil, err
	}
	found, err := recorded(ctx, o.j.path)
	o.Resumed = found > 0
	defer func() {
		if err != nil {
			o.Close()
		}
	}()
	if err != nil {
		o.made = nil // it holds something of somebody
		return nil, err
	}
	if err = writable(dir); err != nil {
		return nil, err
	}
	if o.Resumed {
		if err = whole(ctx, o.j.path); err != nil {
			return nil, err
		}
	}
	_, missing := os.Lstat(o.j.path)
	o.fresh = errors.Is(missing, fs.ErrNotExist)
	if o.j.db, err = connect(o.j.path); err != nil {
		return nil, err
	}
	return o, o.begin(ctx, found)
}

// begin starts the transaction, with the present schema in it.
func (o *Opening) begin(ctx context.Context, found int) (err error) {
	if o.tx, err = o.j.db.BeginTx(context.WithoutCancel(ctx), nil); err != nil { // Close ends it
		return o.explain(err)
	}
	o.insert = &inserts{o.tx, map[string]*sql.Stmt{}}
	if o.Resumed {
		return o.j.migrate(ctx, o.tx, found)
	}
	if _, err = o.tx.ExecContext(ctx, schema); err == nil {
		err = mark(ctx, o.tx)
	}
	return o.explain(err)
}

func (o *Opening) explain(err error) error {
	if err == nil {
		return nil
	}
	return explain(o.j.path, fmt.Errorf("writing the journal: %w", err))
}

// AddProblem records the problem at a place of the problems file. Like all of the
// run's inputs it is recorded once: of a run that is resumed it is there.
func (o *Opening) AddProblem(ctx context.Context, number int, p problem.Problem) error {
	return o.add(ctx, p, `INSERT OR IGNORE INTO problem(problem, json) VALUES (?1, ?2)`, number)
}

// LeaveOut says of which problems, by their numbers, the run is not; it replaces what
// an earlier one said.
func (o *Opening) LeaveOut(ctx context.Context, numbers []int) error {
	if _, err := o.insert.ExecContext(ctx, `UPDATE problem SET left_out = 0 WHERE left_out <> 0`); err != nil {
		return o.explain(err)
	}
	for _, number := range numbers {
		if _, err := o.insert.ExecContext(ctx, `UPDATE problem SET left_out = 1 WHERE problem = ?`, number); err != nil {
			return o.explain(err)
		}
	}
	return nil
}

// AddSolution records a solution by its problem and its Index.
func (o *Opening) AddSolution(ctx context.Context, number int, s problem.Solution) error {
	return o.add(ctx, s, `INSERT OR IGNORE INTO solution VALUES (?1, ?3, ?2)`, number, s.Index)
}

// AddShown records a solution that the model is to be shown.
func (o *Opening) AddShown(ctx context.Context, number int, s problem.Solution) error {
	return o.add(ctx, s, `INSERT OR IGNORE INTO shown VALUES (?1, ?3, ?2)`, number, s.Index)
}

// AddHiddenTest records one of a problem's hidden tests by its Index.
func (o *Opening) AddHiddenTest(ctx context.Context, number int, t problem.TestLine) error {
	return o.add(ctx, t, `INSERT OR IGNORE INTO hidden_test VALUES (?1, ?3, ?2)`, number, t.Index)
}

// add runs an INSERT with the problem's number, v as JSON, and what else it takes.
func (o *Opening) add(ctx context.Context, v any, insert string, number int, more ...any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return o.explain(err)
	}
	_, err = o.insert.ExecContext(ctx, insert, append([]any{number, string(b)}, more...)...)
	return o.explain(err)
}

// AddGiven records a test that was given as part of a generation. The first part
// brings the generation along.
func (o *Opening) AddGiven(ctx context.Context, number int, from problem.Sampled, t Test) error {
	if t.Part == 0 {
		if err := addSample(ctx, o.insert, `INSERT OR IGNORE`, number, Sample{Generation: t.Generation, Sampled: from}); err != nil {
			return o.explain(err)
		}
	}
	return o.explain(addTest(ctx, o.insert, `INSERT OR IGNORE`, number, t))
}

// inserts is a transaction that compiles each statement once: there may be
// millions of inputs. As in write, the end of ctx is looked for between them.
type inserts struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt // by their text; the transaction's end closes them
}

func (i *inserts) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	st, ok := i.prepared[query]
	if !ok {
		var err error
		if st, err = i.tx.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		i.prepared[query] = st
	}
	return st.ExecContext(ctx, args...)
}

// Problem is a problem that was added.
func (o *Opening) Problem(ctx context.Context, number int) (problem.Problem, error) {
	if o.recent.known && o.recent.number == number {
		return o.recent.Problem, nil
	}
	p, err := readProblem(ctx, o.tx, number)
	if err != nil {
		return p, explain(o.j.path, err)
	}
	o.recent = recent{number, p, true}
	return p, nil
}

// Check fails with a *MismatchError when the folder holds another run than that
// of the settings, so that it can come before work that costs minutes.
func (o *Opening) Check(ctx context.Context, fp Fingerprint) error {
	if !o.Resumed {
		return nil
	}
	old, err := readMeta(ctx, o.tx)
	if err != nil {
		return explain(o.j.path, err)
	}
	if diffs := compare(old, fp); len(diffs) > 0 {
		return &MismatchError{filepath.Dir(o.j.path), diffs}
	}
	return nil
}

// Journal begins the run with the settings, or resumes it when they are the same;
// else it fails as Check does. It ends the Opening.
func (o *Opening) Journal(ctx context.Context, fp Fingerprint) (*Journal, error) {
	if err := o.Check(ctx, fp); err != nil {
		return nil, err
	}
	if !o.Resumed {
		for k, v := range fp {
			if _, err := o.tx.ExecContext(ctx, `INSERT INTO meta(name, value) VALUES (?, ?)`, k, v); err != nil {
				return nil, o.explain(err)
			}
		}
	}
	if err := o.tx.Commit(); err != nil {
		return nil, o.explain(err)
	}
	j := o.j
	j.Resumed = o.Resumed
	o.j, o.tx = nil, nil
	return j, nil
}

// Close gives up what Journal has not begun: no file and no folder stays that was
// not there before. After Journal it does nothing.
func (o *Opening) Close() error {
	if o.j == nil {
		return nil
	}
	if o.tx != nil {
		o.tx.Rollback()
	}
	j := o.j
	o.j = nil
	var err error
	if j.db != nil {
		err = j.db.Close()
	}
	// Under the lock: another process may have found the folder in between.
	if o.fresh {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			if e := os.Remove(j.path + suffix); e != nil && !errors.Is(e, fs.ErrNotExist) {
				err = errors.Join(err, e)
			}
		}
	}
	return errors.Join(err, j.hold.release(func() error {
		if o.Resumed {
			return nil
		}
		return removeEmpty(o.made)
	}))
}
