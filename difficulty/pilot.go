package difficulty

import (
	"math"

	"coderm/rerank"
)

// Pilot is what the tests run so far say about one problem. Shares are in
// [0,1] and count samples: a solution sampled twice counts twice. A test is a
// generated test, passed when all of it passes; what gave no test was paid for
// all the same.
type Pilot struct {
	Drawn  int     // tests paid for
	Parsed float64 // share of them that check anything

	Pass     float64 // mean share of samples passing, over the tests paid for
	Agree    float64 // probability that two samples agree on a test
	Dead     float64 // share of samples that pass no test
	BestPass float64 // largest share of tests any sample passes
	NonePass float64 // share of tests no sample passes

	Candidates int // distinct solutions that the selector chooses among

	Distinct  float64 // distinct solutions per sample
	Classes   float64 // behaviour classes (equal on all tests) per sample
	Entropy   float64 // of the behaviour classes, nats
	Group     float64 // share of the largest class that passes anything
	GroupPass float64 // share of tests it passes

	Tie        float64 // share of samples the selector cannot tell from the best
	TieClasses float64 // share of the classes among them
	TiePass    float64 // share of tests they pass
	RunnerUp   float64 // share of samples in second place
	Posterior  float64 // probability of the best, were scores log-posteriors

	Unsettled float64 // how much of the choice moves under resampled tests

	Public  PublicShares // how the problem's public tests went
	Outputs OutputShares // what its solutions returned on calls
}

// Observe summarises the evidence on a problem for which drawn tests were paid. It
// also returns the choice that the summary speaks of.
func Observe(e rerank.Evidence, sel rerank.Selector, drawn int) (Pilot, rerank.Choice) {
	p := Pilot{Drawn: drawn, Public: publicShares(e)}
	total := float64(e.TotalWeight())
	if total == 0 {
		return p, rerank.Choice{}
	}
	ranked := sel.Rank(e)
	now := rerank.ChoiceOf(e.Matrix, ranked)
	p.Candidates = len(ranked)
	p.Outputs = outputShares(e, sel, ranked)
	if drawn == 0 {
		return p, now
	}
	b := newBehaviour(e.Matrix)
	p.Parsed = math.Min(1, float64(b.tests)/float64(drawn))
	p.Distinct = float64(e.Rows()) / total
	p.Classes = float64(len(b.weight)) / total
	p.addTests(b)
	p.addClasses(b)
	p.addChoice(b, e.Matrix, ranked)
	p.Unsettled = unsettled(e, sel, now)
	return p, now
}

// behaviour groups the solutions by the tests they pass.
type behaviour struct {
	tests   int
	byTest  []float64 // share of samples passing each
	classOf []int     // by row
	passed  []int     // by class, tests passed
	weight  []float64 // by class, share of samples
}

func newBehaviour(m *rerank.Matrix) *behaviour {
	tests := m.Classes()
	n, total := tests.Tests(), float64(m.TotalWeight())
	b := &behaviour{tests: n, byTest: make([]float64, n), classOf: make([]int, m.Rows())}
	class := map[string]int{}
	key := make([]byte, (n+7)/8)
	for i := range m.Rows() {
		w := float64(m.Weight(i)) / total
		clear(key)
		passed := 0
		for j := range n {
			if tests.Passes(i, j) {
				b.byTest[j] += w
				key[j/8] |= 1 << (j % 8)
				passed++
			}
		}
		c, ok := class[string(key)]
		if !ok {
			c = len(b.weight)
			class[string(key)] = c
			b.weight, b.passed = append(b.weight, 0), append(b.passed, passed)
		}
		b.classOf[i] = c
		b.weight[c] += w
	}
	return b
}

// addTests fills in what the tests say by themselves.
func (p *Pilot) addTests(b *behaviour) {
	p.Agree = 1
	for _, s := range b.byTest {
		p.Pass += s / float64(p.Drawn)
		p.Agree -= 2 * s * (1 - s) / float64(b.tests)
		if s == 0 {
			p.NonePass += 1 / float64(b.tests)
		}
	}
}

// addClasses fills in what the behaviour classes say.
func (p *Pilot) addClasses(b *behaviour) {
	for c, w := range b.weight {
		if w == 0 {
			continue
		}
		p.Entropy -= w * math.Log(w)
		share := ratio(b.passed[c], b.tests)
		p.BestPass = math.Max(p.BestPass, share)
		if b.passed[c] == 0 {
			p.Dead += w
		} else if w > p.Group {
			p.Group, p.GroupPass = w, share
		}
	}
}

// addChoice fills in how the selector sees it.
func (p *Pilot) addChoice(b *behaviour, m *rerank.Matrix, ranked []rerank.Ranked) {
	total := float64(m.TotalWeight())
	share := func(r rerank.Ranked) float64 { return float64(m.Weight(r.Solution)) / total }
	odds := func(r rerank.Ranked) float64 { return share(r) * math.Exp(r.Score-ranked[0].Score) }
	tied := map[int]bool{}
	var best, all float64
	for _, r := range rerank.Winners(ranked) {
		c := b.classOf[r.Solution]
		best += odds(r)
		p.Tie += share(r)
		p.TiePass += share(r) * ratio(b.passed[c], b.tests)
		tied[c] = true
	}
	for _, r := range ranked {
		all += odds(r)
		if r.Tie == 1 {
			p.RunnerUp += share(r)
		}
	}
	if p.Tie > 0 {
		p.TiePass /= p.Tie
		p.Posterior = best / all
	}
	p.TieClasses = ratio(len(tied), len(b.weight))
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
