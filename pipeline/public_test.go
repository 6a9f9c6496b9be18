package pipeline

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/rerank"
)

// The problems' own tests are run once, whether or not there are others, and
// narrow the choice; a run that goes on does not run them again.
func TestPublicTests(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for _, again := range []bool{false, true} {
		exec := &arithmetic{fail: never}
		c := config(t, dir, NewGiven(nil), exec)
		c.Planner = NewGiven(nil).Everything()
		for i := range c.Problems {
			c.Problems[i].Public = []string{"24", "5"} // of 12, 24, 36 and 48, two pass the first
		}
		var err error
		if c.Selector, err = rerank.ByName(rerank.Default, rerank.ByDefault); err != nil {
			t.Fatal(err)
		}
		results, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			var winners []string
			for _, k := range r.Ranking {
				winners = append(winners, r.Rows[k.Solution])
			}
			if len(winners) != 2 || !cmp.Equal(map[string]bool{winners[0]: true, winners[1]: true}, map[string]bool{"24": true, "48": true}) {
				t.Errorf("%s: the choice is among %v, want 24 and 48", r.Problem.ID, winners)
			}
			s := ScoresOf(r)
			if !cmp.Equal(s.PublicTests, []string{"24", "5"}) || len(s.Public) != len(r.Rows) {
				t.Errorf("%s: recorded %v, %v", r.Problem.ID, s.PublicTests, s.Public)
			}
			if len(s.Tests)+len(s.Dropped)+len(r.Samples) > 0 {
				t.Errorf("%s: public tests count as generated: %+v", r.Problem.ID, s)
			}
		}
		if n := exec.pairs.Load(); (n == 0) != again {
			t.Errorf("%d pairs, gone on: %v", n, again)
		}
		c.Journal.Close()
	}
}
