package pipeline

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/journal"
	"coderm/problem"
	"coderm/rerank"
	"coderm/sandbox"
)

// patient is an executor on which some solutions need fuel; it counts the pairs that
// ran with all of it.
type patient struct {
	arithmetic
	needs map[string]uint64
	mu    sync.Mutex     // problems run at once
	full  map[string]int // by solution
}

func (p *patient) Matrix(ctx context.Context, solutions []string, tests []problem.Test, lim sandbox.Limits, yield func(i, j int, v sandbox.Verdict) error) error {
	return p.arithmetic.Matrix(ctx, solutions, tests, lim, func(i, j int, v sandbox.Verdict) error {
		if lim.Fuel == 1000 {
			p.mu.Lock()
			p.full[solutions[i]]++
			p.mu.Unlock()
		}
		if p.needs[solutions[i]] > lim.Fuel {
			v = sandbox.Verdict{Kind: sandbox.Timeout}
		}
		return yield(i, j, v)
	})
}

// Pairs get all of their fuel where it matters for the choice: of 12, 24, 36 and 48 the
// last two pass the example, if they are not stopped. What was stopped is told from
// what had all its fuel, and has the rest when another run asks for more.
func TestFirstFuel(t *testing.T) {
	newExec := func() *patient {
		return &patient{arithmetic: arithmetic{fail: never}, needs: map[string]uint64{"12": 500, "48": 500, "36": 5000}, full: map[string]int{}}
	}
	run := func(dir string, exec *patient, first uint64, selector string) map[string][]string {
		t.Helper()
		ps, ss := inputs()
		for i := range ps {
			ps[i].Public = problem.PythonTests([]string{"24", "12"})
		}
		c := configOf(t, dir, divisors{writer(&drawn{})}, exec, ps, ss)
		defer c.Journal.Close()
		c.Limits, c.First = sandbox.Limits{Fuel: 1000}, first
		var err error
		if c.Selector, err = rerank.Parse(selector); err != nil {
			t.Fatal(err)
		}
		results, err := run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]string{}
		for _, r := range results {
			line := ScoresOf(r)
			out["choice"] = append(out["choice"], r.Rows[r.RowOf[r.Choice.Solution]])
			for row, code := range r.Rows {
				out[code] = append(out[code], line.Public[row]+" "+line.Matrix[row])
			}
		}
		return out
	}
	folder := filepath.Join(t.TempDir(), "run")
	exec := newExec()
	tried := run(folder, exec, 100, "majority+public")
	whole := run(t.TempDir(), newExec(), 0, "majority+public")
	for _, same := range []string{"choice", "24", "48"} {
		if d := cmp.Diff(whole[same], tried[same]); d != "" {
			t.Errorf("%s (-whole +tried):\n%s", same, d)
		}
	}
	// 12 is stopped on both examples and might pass both, and 36 as well, until they fail
	// the first.
	for code, want := range map[string]string{"12": "05 5", "36": "35 5"} {
		for _, digits := range tried[code] {
			if !strings.HasPrefix(digits, want) || strings.Trim(digits[3:], "5") != "" {
				t.Errorf("%s has %q, want %s…", code, digits, want)
			}
		}
	}
	if exec.full["24"] != 0 || exec.full["12"] != 5 || exec.full["36"] != 5 || exec.full["48"] <= 5*2 {
		t.Errorf("pairs with all their fuel: %v", exec.full)
	}
	again := newExec()
	if d := cmp.Diff(tried, run(folder, again, 100, "majority+public")); d != "" || len(again.full) > 0 || again.pairs.Load() > 0 {
		t.Errorf("gone on: %v, %d pairs\n%s", again.full, again.pairs.Load(), d)
	}
	// Another selector has what matters to it of what is left, and a run that gives all
	// fuel to all has all of it.
	other := run(folder, again, 100, "majority")
	if d := cmp.Diff(run(t.TempDir(), newExec(), 0, "majority")["choice"], other["choice"]); d != "" || again.full["12"] == 0 || again.full["48"] != 0 {
		t.Errorf("another selector: %v\n%s", again.full, d)
	}
	folder = filepath.Join(t.TempDir(), "run")
	run(folder, newExec(), 100, "majority+public")
	if d := cmp.Diff(whole, run(folder, newExec(), 0, "majority+public")); d != "" {
		t.Errorf("all fuel for all (-at once +later):\n%s", d)
	}
}

// A method that a slow row alone might show is a column, so that row runs on.
func TestSlowRowsMayShowColumns(t *testing.T) {
	test := journal.Test{Test: problem.Test{Kind: problem.Unittest}}
	w := &work{rows: []string{"a", "b"}, cells: map[cellKey]sandbox.Verdict{}}
	for kind, want := range map[sandbox.Kind]bool{sandbox.Pass: true, sandbox.Fail: true, sandbox.Error: false, sandbox.Slow: false} {
		w.cells[cellKey{row: 0}], w.cells[cellKey{row: 1}] = sandbox.Verdict{Kind: kind}, sandbox.Verdict{Kind: sandbox.Slow}
		if got := w.columnsKnown(test); got != want {
			t.Errorf("one row ends in %v: known %v", kind, got)
		}
	}
}
