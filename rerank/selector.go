package rerank

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Rule names how solutions are scored.
type Rule string

// The rules. The first four score candidates by what they returned on calls, and
// are other rules where no calls were observed; Public by the public tests alone;
// the others by what candidates pass and fail.
const (
	Vote         Rule = "vote"
	AutoOutputs  Rule = "auto-outputs"
	CodeTOutputs Rule = "codet-outputs"
	SRank        Rule = "srank"
	Public       Rule = "public"

	Auto      Rule = "auto"
	Majority  Rule = "majority"
	Reference Rule = "reference"
	CodeT     Rule = "codet"
	Consensus Rule = "consensus"
	Bayes     Rule = "bayes"
	EM        Rule = "em"
)

// scorer gives the key of each candidate in rows; the higher, the better. Equal
// keys are ties.
type scorer func(e Evidence, rows []int) []key

// byTests is a scorer that sees the tests alone.
func byTests(score func(m *Matrix, rows []int) []key) scorer {
	return func(e Evidence, rows []int) []key { return score(e.Matrix, rows) }
}

// classScorer gives the keys where weight[n] is the samples of the n-th row's class. It
// grows with the weight and with what rows pass, but for bayes.
type classScorer func(m *Matrix, rows, weight []int) []key

// byClasses is the scorer whose classes pass the same tests.
func byClasses(score classScorer) scorer {
	return func(e Evidence, rows []int) []key { return score(e.Matrix, rows, e.classWeights(rows)) }
}

// byClusters is the scorer whose classes return the same on the calls, if there are any.
func byClusters(score classScorer) scorer {
	return func(e Evidence, rows []int) []key { return score(e.Matrix, rows, clusterWeights(e, rows)) }
}

// rule is what there is to know of a Rule.
type rule struct {
	name  Rule
	own   Granularity
	score scorer
	race  racer
}

// rules has, for each rule, the granularity that suits it, its scores, and what is sure
// of them while outcomes are Slow (nil: nothing).
var rules = []rule{
	{Vote, ByMethod, vote, voteRace},
	{Auto, ByMethod, byClasses(auto), classRace(auto, blur)},
	{AutoOutputs, ByMethod, byClusters(auto), clusterRace(auto, blur)},
	{CodeTOutputs, ByMethod, byClusters(codet), clusterRace(codet, 0)},
	{SRank, ByMethod, srank, srankRace},
	{Majority, ByClass, byClasses(majority), classRace(majority, 0)},
	{Reference, ByClass, byClasses(reference), classRace(reference, 0)},
	{CodeT, ByMethod, byClasses(codet), classRace(codet, 0)},
	{Consensus, ByMethod, byClasses(consensus), classRace(consensus, 0)},
	{Bayes, ByMethod, byClasses(bayes), bayesRace},
	{EM, ByMethod, byTests(em), nil},
	{Public, ByMethod, public, nil},
}

// ByOutputs tells whether the rule looks at what candidates returned on calls.
func (r Rule) ByOutputs() bool {
	return r == Vote || r == AutoOutputs || r == CodeTOutputs || r == SRank
}

// Rules lists the rules, the one of choice first.
func Rules() []Rule {
	names := make([]Rule, len(rules))
	for i, r := range rules {
		names[i] = r.name
	}
	return names
}

// Granularity says what counts as one test.
type Granularity string

// The granularities.
const (
	ByDefault Granularity = ""       // whatever suits the rule
	ByClass   Granularity = "class"  // a generated test, all of it or nothing
	ByMethod  Granularity = "method" // every test method or assert on its own
)

// ParseGranularity reads a granularity; the empty text is ByDefault.
func ParseGranularity(text string) (Granularity, error) {
	switch g := Granularity(text); g {
	case ByDefault, ByClass, ByMethod:
		return g, nil
	}
	return ByDefault, fmt.Errorf("granularity %q is unknown; use class or method", text)
}

// Selector orders solutions by evidence: a rule, what it counts as a test, and
// whom it chooses among. The zero Selector is none.
type Selector struct {
	Rule        Rule
	Granularity Granularity
	// Public leaves only the solutions that pass the most public tests; the others
	// are not ranked.
	Public bool
}

// Default is the selector of choice.
var Default = Selector{Rule: Vote, Public: true}

// publicSuffix ends the name of a selector with Public.
const publicSuffix = "+public"

// String is the selector's name, as in "codet/class+public".
func (s Selector) String() string {
	name := string(s.Rule)
	if s.Granularity != ByDefault {
		name += "/" + string(s.Granularity)
	}
	if s.Public {
		name += publicSuffix
	}
	return name
}

// Parse reads a selector's name.
func Parse(name string) (Selector, error) {
	rest, public := strings.CutSuffix(name, publicSuffix)
	rule, granularity, found := strings.Cut(rest, "/")
	s := Selector{Rule: Rule(rule), Public: public}
	if !slices.Contains(Rules(), s.Rule) {
		return Selector{}, fmt.Errorf("selector %q is unknown; use one of %s, or one with %s at its end", rule, ruleNames(), publicSuffix)
	}
	var err error
	if s.Granularity, err = ParseGranularity(granularity); err == nil && found && s.Granularity == ByDefault {
		err = fmt.Errorf("selector %q names no granularity after the slash; use class or method", name)
	}
	if err != nil {
		return Selector{}, err
	}
	return s, nil
}

// ParseBy reads a selector's name, and the granularity for a name that says none.
func ParseBy(name, granularity string) (Selector, error) {
	g, err := ParseGranularity(granularity)
	if err != nil {
		return Selector{}, err
	}
	s, err := Parse(name)
	return s.By(g), err
}

func ruleNames() string {
	var names []string
	for _, r := range Rules() {
		names = append(names, string(r))
	}
	return strings.Join(names, ", ")
}

// By is the selector at a granularity, unless it has one already.
func (s Selector) By(g Granularity) Selector {
	if s.Granularity == ByDefault {
		s.Granularity = g
	}
	return s
}

// Rank returns the candidates, best first, equals in order of row: every row of
// positive weight, or fewer by public tests. It is a pure function of the
// evidence, and what it says about a solution does not depend on the order of
// rows and columns. It panics where the rule is none of Rules.
func (s Selector) Rank(e Evidence) []Ranked {
	if s.Public {
		e = e.narrow()
	}
	r := s.rule()
	return rank(e.by(s.By(r.own).Granularity), r.score)
}

// rule panics where there is none of that name.
func (s Selector) rule() rule {
	for _, r := range rules {
		if r.name == s.Rule {
			return r
		}
	}
	panic(fmt.Sprintf("rerank: no rule %q", s.Rule))
}

// resolution is the difference in score below which solutions are equals: sums
// of floating-point numbers differ in their last digits by the order of tests.
const resolution = 1e-9

// key orders solutions: by score, then by second where a rule has one.
type key struct{ score, second float64 }

func (a key) compare(b key) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.second, b.second))
}

// rounded is the key to the resolution.
func (a key) rounded() key { return key{math.Round(a.score/resolution) * resolution, a.second} }

// by is the evidence with what counts as a test for its columns.
func (e Evidence) by(g Granularity) Evidence {
	switch g {
	case ByClass:
		e.Matrix = e.Classes()
	case ByMethod:
		e.Matrix = e.Methods()
	}
	return e
}

func rank(e Evidence, score scorer) []Ranked {
	rows := e.candidates()
	keys := score(e, rows)
	for n := range keys {
		keys[n] = keys[n].rounded()
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
