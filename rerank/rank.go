package rerank

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Ranked is one solution's place.
type Ranked struct {
	Solution int // row of the matrix
	// Score is the selector's own; comparable within one ranking only.
	Score float64
	// Tie numbers the groups of equals, 0 for the best: the selector cannot
	// tell solutions of one group apart. An honest evaluation takes the
	// expectation over group 0, see ChanceRight.
	Tie int
}

// Selector orders solutions by a pass matrix.
type Selector interface {
	Name() string
	// Rank returns the candidates, best first, equals in order of row: every row
	// of positive weight, or fewer by public tests. It is a pure function of the
	// matrix, and what it says about a solution does not depend on the order of
	// rows and columns.
	Rank(m *Matrix) []Ranked
}

// Granularity says what counts as one test.
type Granularity string

// The granularities.
const (
	ByDefault Granularity = ""       // whatever suits the selector
	ByClass   Granularity = "class"  // a generated test, all of it or nothing
	ByMethod  Granularity = "method" // every test method or assert on its own
)

// Default is the selector of choice: auto, among the solutions that pass the
// most of the problem's own examples.
const Default = "auto" + publicSuffix

// Names lists the selectors of ByName, auto first.
func Names() []string {
	names := make([]string, len(selectors))
	for i, s := range selectors {
		names[i] = s.name
	}
	return names
}

// ByName finds a selector. The granularity overrides the selector's own; so
// does a suffix of the name, as in "codet/class", which stays part of it. With
// "+public" at its end a selector chooses among the solutions that pass the most
// public tests.
func ByName(name string, g Granularity) (Selector, error) {
	if plain, ok := strings.CutSuffix(name, publicSuffix); ok && !strings.HasSuffix(plain, publicSuffix) {
		s, err := ByName(plain, g)
		if err != nil {
			return nil, err
		}
		return narrowing{s}, nil
	}
	base, suffix, found := strings.Cut(name, "/")
	if found {
		g = Granularity(suffix)
	}
	switch g {
	case ByDefault, ByClass, ByMethod:
	default:
		return nil, fmt.Errorf("granularity %q is unknown; use class or method", g)
	}
	for _, s := range selectors {
		if s.name != base {
			continue
		}
		s.name = name
		if g != ByDefault {
			s.granularity = g
		}
		return s, nil
	}
	return nil, fmt.Errorf("selector %q is unknown; use one of %s, or one with %s at its end", base, strings.Join(Names(), ", "), publicSuffix)
}

// resolution is the difference in score below which solutions are equals: sums
// of floating-point numbers differ in their last digits by the order of tests.
const resolution = 1e-9

// selector is a named rule with the granularity it works at.
type selector struct {
	name        string
	granularity Granularity
	// rank gives the key of each row in rows; the higher, the better. Equal
	// keys are ties.
	rank func(m *Matrix, rows []int) []key
}

// key orders solutions: by score, then by second where a rule has one.
type key struct{ score, second float64 }

func (a key) compare(b key) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.second, b.second))
}

var selectors = []selector{
	{"auto", ByMethod, auto},
	{"majority", ByClass, majority},
	{"reference", ByClass, reference},
	{"codet", ByMethod, codet},
	{"consensus", ByMethod, consensus},
	{"bayes", ByMethod, bayes},
	{"em", ByMethod, em},
}

func (s selector) Name() string { return s.name }

func (s selector) Rank(m *Matrix) []Ranked {
	switch s.granularity {
	case ByClass:
		m = m.Classes()
	case ByMethod:
		m = m.Methods()
	}
	rows := m.candidates()
	keys := s.rank(m, rows)
	for n := range keys {
		keys[n].score = math.Round(keys[n].score/resolution) * resolution
	}
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return keys[b].compare(keys[a]) })
	out := make([]Ranked, len(rows))
	tie := 0
	for n, i := range order {
		if n > 0 && keys[i] != keys[order[n-1]] {
			tie++
		}
		out[n] = Ranked{rows[i], keys[i].score, tie}
	}
	return out
}

// candidates lists the rows of positive weight.
func (m *Matrix) candidates() []int {
	rows := make([]int, 0, m.rows)
	for i, w := range m.weight {
		if w > 0 {
			rows = append(rows, i)
		}
	}
	return rows
}
