package sandbox

import (
	"slices"
	"strings"
	"testing"
)

// TestCrossing runs the pairs of testdata/crossing, in which objects of packages go from
// solution to test and back.
func TestCrossing(t *testing.T) {
	s := withPackages(t, Options{Workers: 1})
	for _, c := range readClasses(t, "testdata/crossing") {
		if strings.Contains(c.name, "numpy/") && !slices.Contains(s.names, "numpy") {
			continue // it is built apart, and may not be in this guest
		}
		v, err := s.Run(t.Context(), c.pair, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if v.Kind.String() != c.want {
			t.Errorf("%s: %v, natively %s: %s", c.name, v.Kind, c.want, v.Detail)
		}
	}
}
