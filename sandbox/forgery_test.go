package sandbox

import (
	"slices"
	"testing"
)

// TestForgeries: no solution of testdata/forgeries passes where its answers are
// wrong, but for those that are listed as getting through. One that no longer
// does must leave the list.
func TestForgeries(t *testing.T) {
	cases := readHostile(t, "testdata/forgeries")
	forged := readDifferences(t, "testdata/forgeries/forged.txt")
	pairs := func(yield func(Pair) bool) {
		for _, c := range cases {
			if !yield(c.pair) {
				return
			}
		}
	}
	err := newSandbox(t, Options{Workers: 2}).Pairs(t.Context(), pairs, hostileLimits, func(k int, v Verdict) error {
		c := cases[k]
		through, listed := forged[c.name]
		delete(forged, c.name)
		right := slices.Contains(c.allowed, v.Kind.String())
		switch {
		case listed && right:
			t.Errorf("%s is listed as getting through, and is stopped: %v (%s)", c.name, v.Kind, v.Detail)
		case listed && v.Kind.String() != through:
			t.Errorf("%s: %v (%s), listed as %s", c.name, v.Kind, v.Detail, through)
		case !listed && !right:
			t.Errorf("%s: %v (%s), want %v", c.name, v.Kind, v.Detail, c.allowed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range forged {
		t.Errorf("%s is listed as getting through, and there is no such pair", name)
	}
}
