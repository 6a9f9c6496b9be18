package pipeline

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"coderm/internal/seed"
	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// Result is what a run found out about one problem.
type Result struct {
	Problem   problem.Problem
	Solutions []problem.Solution
	// Rows are the distinct solutions; RowOf gives each solution's row.
	Rows  []string
	RowOf []int
	// Samples are the drawn generations, by index.
	Samples []journal.Sample
	// PublicTests are the public tests; how they went is in Evidence.Public.
	PublicTests []problem.Test
	// Columns name the matrix's columns.
	Columns []Column
	Groups  [][]int
	rerank.Evidence
	// Calls were observed; how they group the rows is in Evidence.Outputs.
	Calls   []Observed
	Ranking []rerank.Ranked // nil without a selector
	Choice  *journal.Choice // nil without a selector, or without solutions
	Truth   []bool          // by row, whether it is right; nil when not asked for
	Wrong   []problem.Wrong // by row, why it is wrong, as far as that is known
	Hidden  []float32
	// Unjudged is why the latest run could not tell the truth, asked for it; "" if
	// it could.
	Unjudged string
	// Infra counts cells without a verdict by our own fault.
	Infra int
	// Ungenerated is why the problem's own generator gave the latest run no input.
	Ungenerated string
	// Uncompared says which outputs of solutions the problem's checker could not compare.
	Uncompared string
	// Unfilled is why completions are missing that the latest run was to draw.
	Unfilled string

	cells map[cellKey]sandbox.Verdict
}

// Column is one column of the pass matrix: a test, by its origin, or a method of it.
type Column struct {
	problem.Origin
	Method string // Class.method; "" for the whole test
}

// result is what is known of a problem now that this run is done with it.
func (r *runner) result(w *work) Result {
	s := &r.states[w.number]
	uncompared := w.notes[journal.Uncompared] // what an earlier run observed is not again
	w.notes = map[journal.Note]string{}
	if s.unfilled != nil {
		w.notes[journal.Unfilled] = s.unfilled.Error()
	}
	if s.unjudged != nil {
		w.notes[journal.Unjudged] = s.unjudged.Error()
	}
	if s.ungenerated != nil {
		w.notes[journal.Ungenerated] = s.ungenerated.Error()
	}
	if uncompared = cmp.Or(s.uncompared, uncompared); uncompared != "" {
		w.notes[journal.Uncompared] = uncompared
	}
	if s.infra > 0 {
		w.notes[journal.Infra] = strconv.Itoa(s.infra)
	}
	return resultOf(w, r.Selector, r.Seed)
}

// record keeps what the run decided.
func (r *runner) record(ctx context.Context, w *work, res Result) error {
	return r.Journal.Finish(ctx, w.number, res.Choice, w.notes)
}

// Results gives the results of a run as its journal has them, in the problems'
// order, ranked anew by the selector (none: with the recorded choice only); distinct
// and seed are its Config's. Nothing is drawn, run or written, and one problem is in
// memory at a time.
func Results(ctx context.Context, j *journal.Journal, sel rerank.Selector, seed uint64, distinct bool) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		numbers, _, err := j.Problems(ctx)
		if err != nil {
			yield(Result{}, err)
			return
		}
		Some(ctx, j, numbers, sel, seed, distinct)(yield)
	}
}

// Some is Results of the problems with some numbers.
func Some(ctx context.Context, j *journal.Journal, numbers []int, sel rerank.Selector, seed uint64, distinct bool) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		for _, i := range numbers {
			w, err := loadWork(ctx, j, i, distinct)
			if err != nil {
				yield(Result{}, err)
				return
			}
			res := resultOf(w, sel, seed)
			if res.Choice == nil {
				res.Choice = w.choice
			}
			if !yield(res, nil) {
				return
			}
		}
	}
}

// resultOf is what is known of a problem, its solutions ranked and one taken.
func resultOf(w *work, sel rerank.Selector, seed uint64) Result {
	cols, groups := w.columns()
	calls := w.observed()
	infra, _ := strconv.Atoi(w.notes[journal.Infra])
	res := Result{
		Problem: w.problem, Solutions: w.solutions, Rows: w.rows, RowOf: w.rowOf,
		Groups: groups, Evidence: w.evidenceOn(cols, groups, calls), Calls: calls, Truth: w.truth, Wrong: w.wrong, Hidden: w.hidden, Infra: infra,
		Unfilled: w.notes[journal.Unfilled], Unjudged: w.notes[journal.Unjudged], Ungenerated: w.notes[journal.Ungenerated],
		Uncompared: w.notes[journal.Uncompared], cells: w.cells,
	}
	for g := range w.granted {
		if s, ok := w.samples[g]; ok {
			res.Samples = append(res.Samples, s)
		}
	}
	res.PublicTests, _ = w.publicOutcomes()
	for _, c := range cols {
		res.Columns = append(res.Columns, Column{c.test.Origin, c.method})
	}
	if sel != (rerank.Selector{}) && len(w.rows) > 0 {
		res.Ranking = sel.Rank(res.Evidence)
		choice := choose(res.Ranking, w, seed)
		choice.Selector = sel.String()
		res.Choice = &choice
	}
	return res
}

// Verdict is the full verdict of a row on the test of a column; false when
// the pair was not run.
func (r Result) Verdict(row int, c Column) (sandbox.Verdict, bool) {
	v, ok := r.cells[cellKey{row, c.Origin}]
	return v, ok
}

// Unloaded are the rows whose solution does not load; true for those of them that do
// not even compile.
func (r Result) Unloaded() map[int]bool {
	out := map[int]bool{}
	for k, v := range r.cells {
		if v.Broken {
			name, _, _ := strings.Cut(v.Detail, ":")
			out[k.row] = out[k.row] || slices.Contains(syntaxErrors, name)
		}
	}
	return out
}

// syntaxErrors are what Python's compiler raises.
var syntaxErrors = []string{"SyntaxError", "IndentationError", "TabError"}

// choose takes one of the equally good winners by lot, each solution with the
// same chance; the lot depends on the seed and the task_id only.
func choose(ranking []rerank.Ranked, w *work, runSeed uint64) journal.Choice {
	scores := map[int]float64{} // of the winners, by row
	for _, k := range rerank.Winners(ranking) {
		scores[k.Solution] = k.Score
	}
	var tied []int
	for i, row := range w.rowOf {
		if _, ok := scores[row]; ok {
			tied = append(tied, i)
		}
	}
	pick := tied[seed.Tie(runSeed, w.problem.ID).IntN(len(tied))]
	return journal.Choice{Solution: pick, Score: scores[w.rowOf[pick]], Tied: len(tied)}
}

// Slow counts the pairs that had the first fuel only.
func (r Result) Slow() (n int) {
	for _, v := range r.cells {
		if v.Kind == sandbox.Slow {
			n++
		}
	}
	return n
}

// UsableTests counts the tests that at least one solution could be
// judged by: the others are broken themselves (or nothing loads). An input alone is
// usable if the solutions return something on it.
func (r Result) UsableTests() int {
	usable := map[problem.Origin]bool{}
	calls := map[string]bool{}
	for _, o := range r.Calls {
		calls[o.Call] = true
	}
	for _, s := range r.Samples {
		for _, t := range s.Tests {
			if inputAlone(t) {
				text := t.Input
				if t.Kind == problem.Call {
					text, _ = normal(text)
				}
				usable[t.Origin] = calls[text]
			}
		}
	}
	for j, c := range r.Columns {
		for i := range r.Matrix.Rows() {
			if o := r.Matrix.At(i, j); o == rerank.Pass || o == rerank.Fail {
				usable[c.Origin] = true
			}
		}
	}
	maps.DeleteFunc(usable, func(_ problem.Origin, is bool) bool { return !is })
	return len(usable)
}
