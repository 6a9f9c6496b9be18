package problem

import (
	"cmp"
	"fmt"
)

// Origin says where a test of a problem comes from, and which of those it is. It
// names the test within its problem.
type Origin struct {
	Source Source
	// Generation is the completion that a Generated test was read from (or the unit of
	// budget that it was given as), from 0; OfTests or Mutated for an Observed one; 0
	// for others.
	Generation int
	// Part is the place among the tests of one generation, or of the other source,
	// from 0.
	Part int
}

// The generations of observed calls.
const (
	OfTests = 0 // a test makes the call
	Mutated = 1 // such a call with other arguments, or an input by the problem's generator
)

// CompareOrigins orders origins by source, generation and part, as cmp.Compare does.
func CompareOrigins(a, b Origin) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Generation, b.Generation), cmp.Compare(a.Part, b.Part))
}

// Source is what tests come from.
type Source uint8

// The sources of tests.
const (
	Generated Source = iota // a model's completion, or a file that stands for one
	Public                  // the problem's own text or file, for all to see
	Observed                // an input whose outcome is observed, with nothing expected
)

var sourceNames = [...]string{"generated", "public", "observed"}

func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return fmt.Sprintf("source(%d)", uint8(s))
}

// MarshalText writes the name.
func (s Source) MarshalText() ([]byte, error) {
	if int(s) >= len(sourceNames) {
		return nil, fmt.Errorf("%v is no source of tests", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads a name.
func (s *Source) UnmarshalText(b []byte) error {
	for i, name := range sourceNames {
		if string(b) == name {
			*s = Source(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no source of tests", b)
}
