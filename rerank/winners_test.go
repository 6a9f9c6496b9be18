package rerank

import (
	"testing"

	"pgregory.net/rapid"
)

func TestChanceRight(t *testing.T) {
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
	}
}

// It is the share of right ones among the winners' samples, listed one by one.
func TestChanceRightCountsSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		right := rapid.SliceOfN(rapid.Bool(), m.Rows(), m.Rows()).Draw(t, "right")
		s, err := ByName(rapid.SampledFrom(Names()).Draw(t, "selector"), ByDefault)
		if err != nil {
			t.Fatal(err)
		}
		ranked := s.Rank(m)
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
		if got, want := ChanceRight(m, ranked, right), float64(hits)/float64(len(samples)); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
