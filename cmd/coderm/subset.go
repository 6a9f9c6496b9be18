package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"coderm/problem"
)

// subsetFlags have a command take some of the problems.
func subsetFlags(f *pflag.FlagSet, s *problem.Subset) {
	f.StringSliceVar(&s.Only, "only", nil, "take only the problems with these task_ids: `ID,…`")
	f.IntVar(&s.Limit, "limit", 0, "take only the first `N` problems")
	f.IntVar(&s.Sample, "sample", 0, "take only `N` problems, drawn by --seed; a larger sample holds the smaller")
}

// leftOutNote says that a result is of some of the problems; "" if it is of all.
func leftOutNote(taken, left int) string {
	if left == 0 {
		return ""
	}
	return fmt.Sprintf("PARTIAL: %d of %d problems; the others were left out, and the same command without that adds them", taken, taken+left)
}
