package rerank

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestRight(t *testing.T) {
	m := parse("1", "1", "0", "0")
	m.SetWeight(0, 3)
	m.SetWeight(3, 0)
	ranked := []Ranked{{Solution: 0}, {Solution: 1}, {Solution: 2, Tie: 1}}
	for name, c := range map[string]struct {
		ranked []Ranked
		right  []bool
		want   float64
	}{
		"three of four samples": {ranked, []bool{true, false, true, true}, 0.75},
		"only the losers":       {ranked, []bool{false, false, true, true}, 0},
		"no candidates":         {nil, []bool{true, true, true, true}, 0},
		"of weight 0":           {[]Ranked{{Solution: 3}}, []bool{true, true, true, true}, 0},
	} {
		if got := ChanceRight(m, c.ranked, c.right); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if got := ChoiceOf(m, c.ranked).Right(c.right); got != c.want {
			t.Errorf("%s, as a choice: %v, want %v", name, got, c.want)
		}
	}
}

// It is the share of right ones among the winners' samples, listed one by one.
func TestRightCountsSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		right := rapid.SliceOfN(rapid.Bool(), m.Rows(), m.Rows()).Draw(t, "right")
		ranked := ranked(rapid.SampledFrom(Rules()).Draw(t, "rule"), m)
		best := map[int]bool{}
		for _, r := range ranked {
			best[r.Solution] = r.Tie == ranked[0].Tie
		}
		var samples []bool // of the winners
		for i := range m.Rows() {
			for range m.Weight(i) {
				if best[i] {
					samples = append(samples, right[i])
				}
			}
		}
		hits := 0
		for _, r := range samples {
			if r {
				hits++
			}
		}
		want := float64(hits) / float64(len(samples))
		if got := ChanceRight(m, ranked, right); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
		if got := ChoiceOf(m, ranked).Right(right); math.Abs(got-want) > 1e-12 {
			t.Fatalf("as a choice: %v, want %v", got, want)
		}
	})
}

func TestMoved(t *testing.T) {
	m := parse("1", "1", "0", "0")
	m.SetWeight(0, 3)
	all, first, last := []Ranked{{Solution: 0}, {Solution: 1}}, []Ranked{{Solution: 0}, {Solution: 1, Tie: 1}}, []Ranked{{Solution: 3}}
	for _, c := range []struct {
		from, to []Ranked
		want     float64
	}{{all, all, 0}, {all, first, 0.25}, {first, all, 0.25}, {first, last, 1}, {nil, nil, 0}} {
		if got := ChoiceOf(m, c.from).Moved(ChoiceOf(m, c.to)); got != c.want {
			t.Errorf("from %v to %v: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

func TestShareRight(t *testing.T) {
	m := parse("1", "1", "0")
	m.SetWeight(0, 3)
	m.SetWeight(2, 0)
	if got := m.ShareRight([]bool{true, false, true}); got != 0.75 {
		t.Errorf("%v, want three samples of four", got)
	}
	if got := NewMatrix(0, 3).ShareRight(nil); got != 0 {
		t.Errorf("without samples: %v", got)
	}
}
