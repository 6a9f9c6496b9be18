package pipeline

import (
	"fmt"
	"maps"
	"slices"

	"coderm/journal"
	"coderm/problem"
)

// dropRepeats leaves of equal tests the first completion's, by number: which one came
// first decides nothing. The journal keeps what was read from each.
func (w *work) dropRepeats() {
	first := map[problem.Test]int{}
	for _, g := range slices.Sorted(maps.Keys(w.samples)) {
		s := w.samples[g]
		var kept []journal.Test
		for _, t := range s.Tests {
			if _, known := first[t.Test]; known {
				continue
			}
			first[t.Test] = g
			kept = append(kept, t)
		}
		if len(kept) == 0 && len(s.Tests) > 0 {
			s.Dropped = fmt.Sprintf("the same test as completion %d's", first[s.Tests[0].Test])
		}
		s.Tests = kept
		w.samples[g] = s
	}
}
