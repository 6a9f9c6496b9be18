package contest_test

import (
	"testing"

	"coderm/internal/contest"
	"coderm/internal/testkit"
)

// TestNative runs each program natively once: nearly all end well and print something.
func TestNative(t *testing.T) {
	programs, err := contest.Programs()
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) < 40 {
		t.Fatalf("%d programs", len(programs))
	}
	jobs := contest.Small(programs, len(programs))
	runs, err := contest.Native(t.Context(), testkit.Python(t), jobs)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range runs {
		if r.Stdin == "" || r.Stdout == "" || r.Status != 0 && jobs[i].Name != "wrong now and then" {
			t.Errorf("%s: %+v", jobs[i].Name, r)
		}
	}
}
