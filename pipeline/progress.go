package pipeline

import "sync/atomic"

// Progress counts what a run has done, for whoever wants to show it. Planned
// figures grow while the planner grants more.
type Progress struct {
	SamplesPlanned, Samples atomic.Int64 // generations
	Tests                   atomic.Int64 // test programs read from them
	Tokens                  atomic.Int64
	PairsPlanned, Pairs     atomic.Int64 // (solution, test) verdicts
}
