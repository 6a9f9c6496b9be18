package pipeline

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coderm/engine"
	"coderm/model"
)

// choosy draws as drawn does, but of requests with one prompt fewer samples.
type choosy struct {
	drawn
	refuses string // none if empty
	after   int    // samples
}

var errRefused = errors.New("does not fit")

func (c *choosy) Generate(ctx context.Context, requests iter.Seq[engine.Request], yield func(int, engine.Sample) error) error {
	failed := engine.RequestErrors{}
	i := 0
	for r := range requests {
		if r.Prompt.Text == c.refuses {
			failed[i] = errRefused
			r.N = c.after
		}
		err := c.drawn.Generate(ctx, slices.Values([]engine.Request{r}), func(_ int, s engine.Sample) error { return yield(i, s) })
		if err != nil {
			return err
		}
		i++
	}
	if len(failed) > 0 {
		return failed
	}
	return nil
}

// A problem that the model cannot be asked about has the tests it got, with the
// reason; the others have all of theirs, and a run repeated has them too.
func TestUnfilled(t *testing.T) {
	source := func(g engine.Model) Source { return divisors{writer(g)} }
	exec := &arithmetic{fail: never}
	with := func(dir string, s Source) (Config, []Result) {
		ps, ss := inputs()
		ps[2].Prompt += " # long"
		c := configOf(t, dir, s, exec, ps, ss)
		results, err := run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return c, results
	}
	_, results := with(filepath.Join(t.TempDir(), "all"), source(&choosy{}))
	want := scores(t, results)
	_, long, err := model.CodeT().Render(model.Asked{Problem: results[2].Problem})
	if err != nil {
		t.Fatal(err)
	}
	for name, samples := range map[string]int{"refused at once": 0, "given up later": 2} {
		dir := filepath.Join(t.TempDir(), name)
		c, results := with(dir, source(&choosy{refuses: long, after: samples}))
		for i, r := range results {
			s := ScoresOf(r)
			if i == 2 {
				if !strings.Contains(r.Unfilled, errRefused.Error()) || len(r.Samples) != samples || s.Missing == "" || r.Choice == nil {
					t.Errorf("%s: problem 2: %d samples, %q", name, len(r.Samples), r.Unfilled)
				}
			} else if d := cmp.Diff(want[i], s); d != "" {
				t.Errorf("%s: problem %d (-alone +beside the failure):\n%s", name, i, d)
			}
		}
		c.Journal.Close()
		_, results = with(dir, source(&choosy{}))
		if d := cmp.Diff(want, scores(t, results)); d != "" {
			t.Errorf("%s: repeated (-whole +repeated):\n%s", name, d)
		}
	}
}
