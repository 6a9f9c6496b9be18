package budget

import (
	"cmp"
	"slices"

	"coderm/difficulty"
	"coderm/rerank"
)

// Gainer says how much more tests are worth to a problem that looks like p: the
// gain, in probability that the choice is right, of a fixed multiple of the
// tests it has. Only ratios between problems matter, and the sign: with no gain
// above 0 the problem is done.
type Gainer interface {
	Gain(p *difficulty.Pilot) float64
}

// Adaptive sets up the adaptive policy.
type Adaptive struct {
	Total    int
	Floor    int              // tests every problem gets before anything is predicted; at least 1
	Ceiling  []int            // most tests by problem; nil means no bound
	Rounds   int              // about how many rounds the rest is spent in; 0 means DefaultRounds
	Gains    func(int) Gainer // what more tests are worth to a problem; nil means difficulty.DefaultRule for all
	Selector rerank.Selector  // chooses the solutions
}

// DefaultRounds is few enough to keep the model and the sandbox busy in each
// round; more rounds measured no better.
const DefaultRounds = 12

// AdaptivePlanner spends the budget in rounds. As each problem's gain is for a
// multiple of its tests, the gain of one test is that divided by their number:
// with equal gains everywhere the division is even. A round goes to the
// problems where the next test is worth most, each growing by one step.
//
// A problem whose choice is settled (difficulty.Pilot.Settled) gets no more, and
// what it leaves of an even share nobody does: the budget is what problems may
// cost, not what has to be spent. It may be settled before its first test, if the
// planner is told of it then. Where a fitted gain says that a problem's own tests
// do not help, the others get its share.
type AdaptivePlanner struct {
	Adaptive
	problems []spending
	left     int // tests not granted yet
	share    int // tests of a problem in an even division
	round    int // tests of one round
}

type spending struct {
	drawn, out int     // tests observed; granted and not observed yet
	rate       float64 // worth of one more test; of no meaning while out > 0
	settled    bool
}

// NewAdaptive returns the adaptive planner for n problems.
func NewAdaptive(cfg Adaptive, n int) *AdaptivePlanner {
	cfg.Floor = max(1, cfg.Floor)
	if cfg.Rounds < 1 {
		cfg.Rounds = DefaultRounds
	}
	if cfg.Gains == nil {
		cfg.Gains = func(int) Gainer { return difficulty.DefaultRule }
	}
	return &AdaptivePlanner{
		Adaptive: cfg,
		problems: make([]spending, n),
		left:     cfg.Total,
		share:    cfg.Total / max(1, n),
		round:    max(1, (cfg.Total-n*cfg.Floor+cfg.Rounds-1)/cfg.Rounds),
	}
}

func (a *AdaptivePlanner) room(i int) int {
	if a.Ceiling == nil {
		return a.left
	}
	return min(a.left, a.Ceiling[i]-a.problems[i].drawn)
}

// step is how many tests a problem grows by at once: fine where little is
// known, and never so many that what they show comes too late.
func step(drawn int) int { return max(1, drawn/4) }

// Stops lists the numbers of tests an adaptive run may stop at, up to n.
func Stops(n int) []int {
	var out []int
	for b := 1; b < n; b += step(b) {
		out = append(out, b)
	}
	if n > 0 {
		out = append(out, n)
	}
	return out
}

// Next grants the next round.
func (a *AdaptivePlanner) Next() ([]Grant, bool) {
	var grants []Grant
	var open []int
	waiting := false
	for i, s := range a.problems {
		switch {
		case s.settled:
		case s.out > 0:
			waiting = true
		case s.drawn == 0:
			grants = a.grant(grants, i, a.Floor)
		case s.rate > 0:
			open = append(open, i)
		}
	}
	if len(grants) > 0 {
		return grants, false
	}
	slices.SortStableFunc(open, func(i, j int) int {
		p, q := a.problems[i], a.problems[j]
		return cmp.Or(cmp.Compare(q.rate, p.rate), cmp.Compare(p.drawn, q.drawn))
	})
	for room := a.round; room > 0 && len(open) > 0; open = open[1:] {
		before := a.left
		grants = a.grant(grants, open[0], min(room, step(a.problems[open[0]].drawn)))
		room -= before - a.left
	}
	return grants, len(grants) == 0 && !waiting
}

// grant adds a grant of n tests as far as budget and ceiling allow.
func (a *AdaptivePlanner) grant(grants []Grant, i, n int) []Grant {
	n = min(n, a.room(i))
	if n <= 0 {
		return grants
	}
	a.problems[i].out = n
	a.left -= n
	return append(grants, Grant{Problem: i, Tests: n})
}

// Pilot reports what is known of a problem without any test.
func (a *AdaptivePlanner) Pilot(problem int, e rerank.Evidence) { a.Observe(problem, e) }

// Observe reports what has run for a problem.
func (a *AdaptivePlanner) Observe(problem int, e rerank.Evidence) {
	s := a.problems[problem]
	p, _ := difficulty.Observe(e, a.Selector, s.drawn+s.out)
	a.ObservePilot(problem, &p)
}

// ObservePilot is Observe where the evidence is already summarised.
func (a *AdaptivePlanner) ObservePilot(problem int, p *difficulty.Pilot) {
	s := &a.problems[problem]
	s.drawn += s.out
	s.out = 0
	if p.Settled(a.Selector) {
		s.settled = true
		a.left -= min(a.left, max(0, a.share-s.drawn))
		return
	}
	s.rate = a.Gains(problem).Gain(p) / float64(max(1, s.drawn))
}
