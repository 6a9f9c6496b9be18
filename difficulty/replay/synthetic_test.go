package replay

import (
	"fmt"
	"math/rand/v2"

	"coderm/difficulty"
	"coderm/rerank"
)

// synthetic makes finished problems: each has its own share of right samples
// and of valid tests. Right samples pass valid tests; a wrong one passes tests
// by its own luck, which its kind shares.
func synthetic(n, tests int, seed uint64) []Case {
	rng := rand.New(rand.NewPCG(seed, 1))
	cases := make([]Case, n)
	for c := range cases {
		ease, valid := rng.Float64(), 0.2+0.7*rng.Float64()
		const rows = 12
		m := rerank.NewMatrix(rows, tests)
		right := make([]bool, rows)
		for i := range rows {
			right[i] = rng.Float64() < ease*0.6
			m.SetWeight(i, 1+rng.IntN(3))
		}
		for j := range tests {
			ok := rng.Float64() < valid
			for i := range rows {
				pass := right[i] && ok
				if !right[i] {
					pass = rng.Float64() < 0.35
				}
				m.SetPass(i, j, pass)
			}
		}
		cases[c] = Case{
			ID: fmt.Sprint("p/", c), Evidence: rerank.Evidence{Matrix: m}, Right: right,
			Known: difficulty.Known{
				Text:   []float64{ease, 1, 2, 3, 4, 5, 6, rng.Float64(), 8, 9},
				Hidden: []float64{rng.NormFloat64(), ease + 0.05*rng.NormFloat64(), rng.NormFloat64()},
			},
		}
	}
	return cases
}

func knownOf(cases []Case) ([]difficulty.Known, []float64) {
	known, rates := make([]difficulty.Known, len(cases)), make([]float64, len(cases))
	for i, c := range cases {
		known[i], rates[i] = c.Known, c.PassRate()
	}
	return known, rates
}
