package pipeline

import "sync/atomic"

// Progress counts what a run has done, for whoever wants to show it. Planned
// figures grow while the planner grants more.
type Progress struct {
	Writes, Runs, Judges bool // which kinds of work there are: tests written, pairs run, hidden checks

	SamplesPlanned, Samples atomic.Int64 // generations
	SamplesKept             atomic.Int64 // of them, those of an earlier run
	Tests                   atomic.Int64 // test programs read from them
	Tokens                  atomic.Int64
	Drawn                   atomic.Int64 // tokens, those of unfinished generations too; 0 where nobody tells
	MaxTokens               int          // of a generation
	Requests                func() int   // those that servers have; nil without servers
	Pairs                   Tally        // (solution, test) verdicts
	Judged                  Tally        // distinct solutions on which the hidden checks are run
}

// Tally counts work that becomes known problem by problem.
type Tally struct {
	Planned, Done atomic.Int64
	Kept          atomic.Int64 // of Done, what an earlier run has done
	// Problems are those of the run, begun those whose work is planned, and fresh those
	// of them that were not all done before.
	Problems, begun, fresh atomic.Int64
}

// Plan adds work of a problem; first says that it is the problem's first.
func (t *Tally) Plan(n int, first bool) {
	t.Planned.Add(int64(n))
	if first && n > 0 {
		t.fresh.Add(1)
	}
	if first {
		t.begun.Add(1)
	}
}

// Keep adds work of a problem that an earlier run has done.
func (t *Tally) Keep(n int) {
	t.Planned.Add(int64(n))
	t.Done.Add(int64(n))
	t.Kept.Add(int64(n))
}

// Expected is what will be planned in the end if the problems to come have as much
// work as those begun.
func (t *Tally) Expected() int64 {
	planned, fresh := t.Planned.Load(), t.fresh.Load()
	if fresh == 0 {
		return planned
	}
	return planned + max(0, t.Problems.Load()-t.begun.Load())*(planned-t.Kept.Load())/fresh
}
