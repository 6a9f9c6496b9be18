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

func mustSelect(t testing.TB, name string, g Granularity) Selector {
	t.Helper()
	s, err := ByName(name, g)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

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
	for name, want := range map[string][]int{
		"majority":  {0},
		"reference": {0},
		"codet":     {1, 2, 3}, // sqrt(3)·3 = 5.2 > sqrt(1)·4
		"consensus": {1, 2, 3},
		"bayes":     {1, 2, 3},
		"auto":      {1, 2, 3},
	} {
		if got := winners(mustSelect(t, name, ByDefault).Rank(m)); !slices.Equal(got, want) {
			t.Errorf("%s chooses %v, want %v", name, got, want)
		}
	}
}

func TestReferenceBreaksTiesByAgreement(t *testing.T) {
	m := parse("110", "101", "101", "011")
	if got := winners(mustSelect(t, "reference", ByDefault).Rank(m)); !slices.Equal(got, []int{1, 2}) {
		t.Errorf("reference chooses %v, want the two that agree", got)
	}
	if got := winners(mustSelect(t, "majority", ByDefault).Rank(m)); len(got) != 4 {
		t.Errorf("majority chooses %v, want all four", got)
	}
}

// The formula of B4's section 4 on a matrix small enough for paper: class {0}
// right: θ1 over 2 pairs with 1 pass, θ0 over 2 pairs with 1 pass.
func TestBayesFormula(t *testing.T) {
	m := parse("110", "101")
	got := mustSelect(t, "bayes", ByDefault).Rank(m)
	// B(2,2)=1/6, B(2,1e4)=1/(1e4·(1e4+1)), B(2,2)=1/6, B(3,2)=1/12
	want := math.Log(1./6) - math.Log(1e4*(1e4+1)) + math.Log(1./6) + math.Log(1./12)
	if math.Abs(got[0].Score-want) > 1e-6 || len(winners(got)) != 2 {
		t.Errorf("got %+v, want a tie at %v", got, want)
	}
}

func TestEveryRowIsRankedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		m.SetWeight(0, 0)
		for _, name := range Names() {
			s, _ := ByName(name, ByDefault)
			ranked := s.Rank(m)
			if len(ranked) != m.Rows()-1 {
				t.Fatalf("%s ranks %d of %d rows", name, len(ranked), m.Rows()-1)
			}
			seen := map[int]bool{}
			for n, r := range ranked {
				if r.Solution == 0 || seen[r.Solution] || math.IsNaN(r.Score) {
					t.Fatalf("%s: place %d is %+v", name, n, r)
				}
				seen[r.Solution] = true
				if n > 0 && (r.Tie < ranked[n-1].Tie || r.Score > ranked[n-1].Score) {
					t.Fatalf("%s: %+v after %+v", name, r, ranked[n-1])
				}
			}
		}
	})
}

// permuted renames rows and generated tests.
func permuted(m *Matrix, rows, tests []int) *Matrix {
	s := m.Select(tests)
	out := NewMatrix(s.rows, s.cols)
	for i, old := range rows {
		out.SetWeight(i, s.Weight(old))
		for j := range s.cols {
			out.Set(i, j, s.At(old, j))
		}
	}
	out.groups, out.texts = s.groups, s.texts
	return out
}

func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		if texts := rapid.SliceOfN(rapid.Bool(), m.Cols(), m.Cols()); rapid.Bool().Draw(t, "some texts") {
			is := texts.Draw(t, "texts")
			m.ByText(func(j int) bool { return is[j] })
		}
		rows := rapid.Permutation(upTo(m.Rows())).Draw(t, "rows")
		tests := rapid.Permutation(upTo(m.Tests())).Draw(t, "tests")
		p := permuted(m, rows, tests)
		for _, name := range Names() {
			for _, g := range []Granularity{ByClass, ByMethod} {
				s, _ := ByName(name, g)
				want := winners(s.Rank(m))
				var got []int
				for _, i := range winners(s.Rank(p)) {
					got = append(got, rows[i])
				}
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Fatalf("%s by %s: %v before, %v after reordering", name, g, want, got)
				}
			}
		}
	})
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// A weight of w is the same as w equal rows.
func TestWeightsAreDuplicates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMatrix(t)
		var of []int
		for i := range m.Rows() {
			for range m.Weight(i) {
				of = append(of, i)
			}
		}
		long := NewMatrix(len(of), m.Cols())
		for n, i := range of {
			for j := range m.Cols() {
				long.Set(n, j, m.At(i, j))
			}
		}
		long.groups = m.groups
		for _, name := range Names() {
			s, _ := ByName(name, ByDefault)
			want := winners(s.Rank(m))
			var got []int
			for _, n := range winners(s.Rank(long)) {
				if len(got) == 0 || got[len(got)-1] != of[n] {
					got = append(got, of[n])
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%s: rows %v by weight, %v as duplicates", name, want, got)
			}
		}
	})
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
		for _, name := range []string{"majority", "reference", "codet", "auto"} {
			s, _ := ByName(name, ByDefault)
			place := map[int]int{}
			for _, r := range s.Rank(m) {
				place[r.Solution] = r.Tie
			}
			if place[1] > place[0] {
				t.Fatalf("%s ranks the solution that passes more lower", name)
			}
		}
	})
}

func TestDegenerateMatrices(t *testing.T) {
	for _, m := range []*Matrix{
		NewMatrix(0, 0), NewMatrix(3, 0), NewMatrix(0, 4),
		parse("....", "...."), parse("0000", "2222"), parse("1111", "1111"),
	} {
		for _, name := range Names() {
			s := mustSelect(t, name, ByDefault)
			for _, r := range s.Rank(m) {
				if math.IsNaN(r.Score) || math.IsInf(r.Score, 0) {
					t.Errorf("%s on %d × %d: score %v", name, m.Rows(), m.Cols(), r.Score)
				}
			}
		}
	}
}

func TestUnknownNames(t *testing.T) {
	if _, err := ByName("best", ByDefault); err == nil {
		t.Error("an unknown selector is accepted")
	}
	if _, err := ByName("auto", "line"); err == nil {
		t.Error("an unknown granularity is accepted")
	}
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
		for _, name := range Names() {
			s := mustSelect(b, name, ByDefault)
			b.Run(fmt.Sprintf("%s/n=%d", name, n), func(b *testing.B) {
				for b.Loop() {
					s.Rank(m)
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

// Columns of both kinds confirm together: a text by being generated again, another
// by being passed.
func TestConfirmationOfBothKinds(t *testing.T) {
	m := NewMatrix(2, 4) // two texts, of which the first was said three times, and two methods
	m.Group([][]int{{0, 0}, {0, 1}, {2, 3}})
	m.ByText(func(j int) bool { return j < 2 })
	for j := range 4 {
		m.SetPass(0, j, true)
		m.SetPass(1, j, j == 2)
	}
	for name, c := range map[string]struct {
		m    *Matrix
		want []float64
	}{
		"all":       {m.Methods(), []float64{0.75*2 + 2, 1}},
		"some":      {m.Select([]int{2, 1}).Methods(), []float64{0*0 + 2, 1}},
		"the texts": {m.Select([]int{0, 1}).Methods(), []float64{0.75 * 2, 0}},
		"no texts":  {m.Select([]int{2}).Methods(), []float64{2, 1}},
	} {
		classes, _ := c.m.behaviours([]int{0, 1})
		if got := c.m.confirmation(classes); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
