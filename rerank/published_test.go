package rerank

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// winners lists the rows of the best group.
func winners(ranked []Ranked) []int {
	var out []int
	for _, r := range Winners(ranked) {
		out = append(out, r.Solution)
	}
	slices.Sort(out)
	return out
}

// ranked is the ranking by a rule alone.
func ranked(rule Rule, m *Matrix) []Ranked { return Selector{Rule: rule}.Rank(Evidence{Matrix: m}) }

// Hand-computed winners.
func TestWinners(t *testing.T) {
	m := parse(
		"111100", // passes most, alone
		"110010", // these three behave alike
		"110010",
		"110010",
		"000000",
		"000000", // the largest class passes nothing
		"000000",
		"000000",
	)
	for rule, want := range map[Rule][]int{
		Majority:  {0},
		Reference: {0},
		CodeT:     {1, 2, 3}, // sqrt(3)·3 = 5.2 > sqrt(1)·4
		Consensus: {1, 2, 3},
		Bayes:     {1, 2, 3},
		Auto:      {1, 2, 3},
	} {
		if got := winners(ranked(rule, m)); !slices.Equal(got, want) {
			t.Errorf("%s chooses %v, want %v", rule, got, want)
		}
	}
}

func TestReferenceBreaksTiesByAgreement(t *testing.T) {
	m := parse("110", "101", "101", "011")
	if got := winners(ranked(Reference, m)); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("reference chooses %v, want the two that agree", got)
	}
	if got := winners(ranked(Majority, m)); len(got) != 4 {
		t.Errorf("majority chooses %v, want all four", got)
	}
}

// The formula of B4's section 4 on a matrix small enough for paper: class {0}
// right: θ1 over 2 pairs with 1 pass, θ0 over 2 pairs with 1 pass.
func TestBayesFormula(t *testing.T) {
	m := parse("110", "101")
	got := ranked(Bayes, m)
	// B(2,2)=1/6, B(2,1e4)=1/(1e4·(1e4+1)), B(2,2)=1/6, B(3,2)=1/12
	want := math.Log(1./6) - math.Log(1e4*(1e4+1)) + math.Log(1./6) + math.Log(1./12)
	if math.Abs(got[0].Score-want) > 1e-6 || len(winners(got)) != 2 {
		t.Errorf("got %+v, want a tie at %v", got, want)
	}
}

// A solution that passes every test another passes, and no fewer samples behave
// like it, is never ranked below it.
func TestMorePassesRankHigher(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := 2, rapid.IntRange(1, 10).Draw(t, "cols")
		others := rapid.IntRange(0, 6).Draw(t, "others")
		m := NewMatrix(rows+others, cols)
		for j := range cols {
			low := rapid.Bool().Draw(t, "low")
			m.SetPass(0, j, low)
			m.SetPass(1, j, low || rapid.Bool().Draw(t, "more"))
			for i := range others {
				m.SetPass(rows+i, j, rapid.Bool().Draw(t, "other"))
			}
		}
		// Sizes are of classes: none of the others may side with row 0 alone.
		for i := range others {
			same := true
			for j := range cols {
				same = same && m.Passes(rows+i, j) == m.Passes(0, j)
			}
			if same {
				for j := range cols {
					m.SetPass(rows+i, j, m.Passes(1, j))
				}
			}
		}
		for _, name := range []Rule{Majority, Reference, CodeT, Auto} {
			place := map[int]int{}
			for _, r := range ranked(name, m) {
				place[r.Solution] = r.Tie
			}
			if place[1] > place[0] {
				t.Fatalf("%s ranks the solution that passes more lower", name)
			}
		}
	})
}

// large is a matrix with few behaviours and much noise, n × n.
func large(n int) *Matrix {
	r := rand.New(rand.NewPCG(1, 2))
	m := NewMatrix(n, n)
	for i := range n {
		skill := r.Float64()
		for j := range n {
			m.SetPass(i, j, r.Float64() < skill)
		}
	}
	return m
}

func BenchmarkRank(b *testing.B) {
	for _, n := range []int{100, 1000} {
		m := large(n)
		for _, rule := range Rules() {
			b.Run(fmt.Sprintf("%s/n=%d", rule, n), func(b *testing.B) {
				for b.Loop() {
					ranked(rule, m)
				}
			})
		}
	}
}

func BenchmarkSelect(b *testing.B) {
	m := large(1000)
	tests := rand.New(rand.NewPCG(3, 4)).Perm(1000)[:500]
	for b.Loop() {
		m.Select(tests)
	}
}
