package rerank

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// selectors are all there are: every rule, at every granularity, with public tests
// and without.
func selectors() (out []Selector) {
	for _, rule := range Rules() {
		for _, g := range []Granularity{ByDefault, ByClass, ByMethod} {
			out = append(out, Selector{rule, g, false}, Selector{rule, g, true})
		}
	}
	return out
}

// everySelector checks what holds for every selector and all evidence.
func everySelector(t *testing.T, check func(t *rapid.T, s Selector, e Evidence)) {
	for _, s := range selectors() {
		t.Run(s.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { check(t, s, drawEvidence(t)) })
		})
	}
}

// drawEvidence draws all that evidence may have.
func drawEvidence(t *rapid.T) Evidence {
	m := drawMatrix(t)
	if texts := rapid.SliceOfN(rapid.Bool(), m.Cols(), m.Cols()); rapid.Bool().Draw(t, "some texts") {
		is := texts.Draw(t, "texts")
		m.ByText(func(j int) bool { return is[j] })
	}
	e := Evidence{Matrix: m}
	outcome := rapid.SampledFrom([]Outcome{Pass, Pass, Fail, Unrun})
	public := rapid.IntRange(0, 3).Draw(t, "public tests")
	for i := range m.Rows() {
		if rapid.IntRange(0, 4).Draw(t, "no candidate") == 0 {
			m.SetWeight(i, 0)
		}
		if public > 0 {
			e.Public = append(e.Public, rapid.SliceOfN(outcome, public, public).Draw(t, "public"))
		}
	}
	if rapid.Bool().Draw(t, "outputs") {
		e.Outputs = drawOutputs(t, m.Rows())
		if err := e.Outputs.MadeBy(drawCalls(t, m, e.Outputs.Calls())); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// drawCalls draws the calls that the columns of generated tests make.
func drawCalls(t *rapid.T, m *Matrix, calls int) [][]int {
	by := make([][]int, m.Cols())
	if calls == 0 {
		return by
	}
	groups := m.groups
	if groups == nil {
		groups = [][]int{upTo(m.Cols())}
	}
	for _, g := range groups {
		for _, j := range g {
			by[j] = rapid.SliceOfN(rapid.IntRange(0, calls-1), 0, 3).Draw(t, "calls")
		}
	}
	return by
}

// valuesOnly leaves the calls on which every solution returned a value.
func valuesOnly(e Evidence) Evidence {
	e.Outputs = e.Outputs.Only(func(c int) bool {
		for i := range e.Outputs.class {
			if k := e.Outputs.class[i][c]; k == NoClass || e.Outputs.kind[c][k] != Returned {
				return false
			}
		}
		return true
	})
	return e
}

// rows takes some rows of the evidence in some order.
func rows(e Evidence, order []int) Evidence {
	out := Evidence{Matrix: NewMatrix(len(order), e.cols)}
	out.groups, out.texts = e.groups, e.texts
	for i, old := range order {
		out.SetWeight(i, e.Weight(old))
		for j := range e.cols {
			out.Set(i, j, e.At(old, j))
		}
		if e.Public != nil {
			out.Public = append(out.Public, e.Public[old])
		}
	}
	if e.Outputs != nil {
		o := *e.Outputs
		o.class = nil
		for _, old := range order {
			o.class = append(o.class, e.Outputs.class[old])
		}
		out.Outputs = &o
	}
	return out
}

// places gives each ranked solution's place, under the names the solutions have.
func places(ranked []Ranked, name func(i int) int) map[int]int {
	out := map[int]int{}
	for _, r := range ranked {
		out[name(r.Solution)] = r.Tie
	}
	return out
}

func itself(i int) int { return i }

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// Candidates are ranked once, the best first, in numbered groups of equals, each
// in order of row.
func TestSelectorsRankCandidates(t *testing.T) {
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		ranked := s.Rank(e)
		var got []int
		for n, r := range ranked {
			got = append(got, r.Solution)
			if math.IsNaN(r.Score) || math.IsInf(r.Score, 0) {
				t.Fatalf("place %d: %+v", n, r)
			}
			if n == 0 {
				if r.Tie != 0 {
					t.Fatalf("the first is of group %d", r.Tie)
				}
				continue
			}
			last := ranked[n-1]
			equal := r.Tie == last.Tie && r.Score == last.Score && r.Solution > last.Solution
			if worse := r.Tie == last.Tie+1 && r.Score <= last.Score; !equal && !worse {
				t.Fatalf("%+v after %+v", r, last)
			}
		}
		slices.Sort(got)
		if s.Public {
			e = e.narrow()
		}
		if want := e.candidates(); !slices.Equal(got, want) {
			t.Fatalf("ranks %v of the candidates %v", got, want)
		}
	})
}

func TestSelectorsIgnoreOrder(t *testing.T) {
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		order := rapid.Permutation(upTo(e.Rows())).Draw(t, "rows")
		p := rows(e.Select(rapid.Permutation(upTo(e.Tests())).Draw(t, "tests")), order)
		if n := e.PublicTests(); n > 0 {
			public := rapid.Permutation(upTo(n)).Draw(t, "public order")
			for i, row := range p.Public {
				p.Public[i] = nil
				for _, k := range public {
					p.Public[i] = append(p.Public[i], row[k])
				}
			}
		}
		want, got := places(s.Rank(e), itself), places(s.Rank(p), func(i int) int { return order[i] })
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-before +after reordering):\n%s", d)
		}
	})
}

// A weight of w is the same as w equal rows, and of 0 the same as none; but a row
// that returned nothing stands alone, however often it was sampled.
func TestSelectorsCountSamples(t *testing.T) {
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		e = valuesOnly(e)
		var of []int
		for i := range e.Rows() {
			for range e.Weight(i) {
				of = append(of, i)
			}
		}
		long := rows(e, of)
		for n := range of {
			long.SetWeight(n, 1)
		}
		want, got := places(s.Rank(e), itself), places(s.Rank(long), func(n int) int { return of[n] })
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-by weight +as duplicates):\n%s", d)
		}
	})
}

// Solutions that did the same in all tests and returned the same are equals.
func TestSelectorsTieTwins(t *testing.T) {
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		e = valuesOnly(e)
		i := rapid.IntRange(0, e.Rows()-1).Draw(t, "twin")
		e = rows(e, append(upTo(e.Rows()), i))
		e.SetWeight(i, 1)
		e.SetWeight(e.Rows()-1, 2)
		place := places(s.Rank(e), itself)
		first, ok := place[i]
		second, ok2 := place[e.Rows()-1]
		if ok != ok2 || first != second {
			t.Fatalf("places %d (%v) and %d (%v)", first, ok, second, ok2)
		}
	})
}

// What was returned on calls is nothing to a rule over passes and failures, and a
// rule over outputs is one of those where nothing was observed.
func TestRulesWithoutOutputs(t *testing.T) {
	instead := map[Rule]Rule{Vote: Auto, AutoOutputs: Auto, CodeTOutputs: CodeT, SRank: CodeT}
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		other := s
		if s.Rule.ByOutputs() {
			other.Rule = instead[s.Rule]
		}
		want := other.Rank(e)
		e.Outputs = rapid.SampledFrom([]*Outputs{nil, {}}).Draw(t, "no outputs")
		if d := cmp.Diff(want, s.Rank(e)); d != "" {
			t.Fatalf("(-%v +%v without outputs):\n%s", other, s, d)
		}
	})
}

// Without public tests, or where all pass equally many, they make no difference.
func TestPublicTestsThatTellNothing(t *testing.T) {
	everySelector(t, func(t *rapid.T, s Selector, e Evidence) {
		e.Public = nil
		s.Public = false
		want := s.Rank(e)
		s.Public = true
		if rapid.Bool().Draw(t, "alike") {
			for range e.Rows() {
				e.Public = append(e.Public, []Outcome{Pass, Fail})
			}
		}
		if d := cmp.Diff(want, s.Rank(e)); d != "" {
			t.Fatalf("(-plain +narrowed):\n%s", d)
		}
	})
}

func TestSelectorsOnNothing(t *testing.T) {
	for _, s := range selectors() {
		for _, m := range []*Matrix{
			NewMatrix(0, 0), NewMatrix(3, 0), NewMatrix(0, 4),
			parse("....", "...."), parse("0000", "2222"), parse("1111", "1111"),
		} {
			ranked := s.Rank(Evidence{Matrix: m})
			bad := slices.ContainsFunc(ranked, func(r Ranked) bool { return math.IsNaN(r.Score) || math.IsInf(r.Score, 0) })
			if bad || len(ranked) != m.Rows() {
				t.Errorf("%s on %d × %d: %+v", s, m.Rows(), m.Cols(), ranked)
			}
		}
	}
}

// A selector is its name, and its name the selector.
func TestSelectorNames(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range selectors() {
		name := s.String()
		if got, err := Parse(name); err != nil || got != s || seen[name] {
			t.Errorf("%q is %+v (%v), want %+v", name, got, err, s)
		}
		seen[name] = true
	}
	for _, name := range []string{"", "luck", "luck+public", "auto+public+public", "codet+public/class", "+public", "codet/line", "codet/", "codet/class/method", "Auto", "vote-outputs"} {
		if s, err := Parse(name); err == nil || s != (Selector{}) {
			t.Errorf("%q: %+v, %v", name, s, err)
		}
	}
	if _, err := ParseGranularity("line"); err == nil {
		t.Error("an unknown granularity is accepted")
	}
}

func TestBy(t *testing.T) {
	for _, c := range []struct {
		name string
		g    Granularity
		want string
	}{{"codet", ByDefault, "codet"}, {"codet+public", ByClass, "codet/class+public"}, {"codet/method", ByClass, "codet/method"}} {
		s, err := Parse(c.name)
		if got := s.By(c.g).String(); err != nil || got != c.want {
			t.Errorf("%s by %q is %s (%v), want %s", c.name, c.g, got, err, c.want)
		}
	}
}
