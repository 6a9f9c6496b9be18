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
	PairsPlanned, Pairs     atomic.Int64 // (solution, test) verdicts
	JudgedPlanned, Judged   atomic.Int64 // problems whose hidden checks are run
	JudgedKept              atomic.Int64 // of them, those of an earlier run
}
