package rerank

import "slices"

// public is how a problem's public tests went, those that its own text states
// as examples. Nobody generated them and nobody pays for them, so they are no
// columns. Copies of a matrix share it.
type public struct {
	tests         int
	passed, unrun []int // by row
}

// SetPublic gives the outcomes of the problem's public tests by row, equally many
// for all rows.
func (m *Matrix) SetPublic(outcomes [][]Outcome) {
	m.public = public{passed: make([]int, len(outcomes)), unrun: make([]int, len(outcomes))}
	for i, row := range outcomes {
		m.public.tests = len(row)
		for _, o := range row {
			switch o {
			case Pass:
				m.public.passed[i]++
			case Unrun:
				m.public.unrun[i]++
			}
		}
	}
}

// Public says how a problem's public tests went. Shares are in [0,1] and count
// samples.
type Public struct {
	Tests int     // 0: there are none, or they were not run
	All   float64 // share of samples passing all
	None  float64 // share passing none
	Mean  float64 // mean share of the tests that a sample passes
	Best  float64 // largest share of the tests that any sample passes
}

// Public sums the public tests up.
func (m *Matrix) Public() Public {
	p := Public{Tests: m.public.tests}
	total := float64(m.TotalWeight())
	if p.Tests == 0 || total == 0 {
		return Public{}
	}
	for i, n := range m.public.passed {
		w := float64(m.weight[i]) / total
		share := float64(n) / float64(p.Tests)
		if w == 0 {
			continue
		}
		p.Mean += w * share
		p.Best = max(p.Best, share)
		switch n {
		case p.Tests:
			p.All += w
		case 0:
			p.None += w
		}
	}
	return p
}

// narrow returns the matrix in which rows that pass fewer public tests than
// another have weight 0: they are no candidates, and that they agree with others
// counts for nothing. A test that did not run speaks neither for a row nor
// against it.
func (m *Matrix) narrow() *Matrix {
	if m.public.tests == 0 {
		return m
	}
	most := 0
	for i, n := range m.public.passed {
		if m.weight[i] > 0 {
			most = max(most, n)
		}
	}
	weight := slices.Clone(m.weight)
	for i, n := range m.public.passed {
		if n+m.public.unrun[i] < most {
			weight[i] = 0
		}
	}
	return m.Reweigh(weight)
}

// narrowing is a selector among the solutions that pass the most public tests:
// the filter of AlphaCode (Li et al. 2022, section 4.5), but that where nobody
// passes all, examples may be wrong, too. The others are not ranked.
type narrowing struct{ Selector }

// publicSuffix makes any selector of ByName a narrowing one.
const publicSuffix = "+public"

func (s narrowing) Name() string { return s.Selector.Name() + publicSuffix }

func (s narrowing) Rank(m *Matrix) []Ranked { return s.Selector.Rank(m.narrow()) }
