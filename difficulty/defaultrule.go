package difficulty

import "math"

// Rule says what more tests are worth and needs no training: a problem gains from more tests as
// long as the ones so far pass few of its samples. Tests that nothing passes
// are wrong or say nothing, and tests that most samples pass have already found
// the behaviour that will be chosen.
//
// The share of samples a test passes gets a Beta(1,1) prior, so that a first
// test that all pass, or none, settles nothing.
type Rule struct {
	// Power is how strongly the budget leans to problems whose tests pass few
	// samples; 0 divides it evenly.
	Power float64
}

// DefaultRule is what adaptive runs use without a fitted classifier. Its power
// is the largest that lost to an even division on none of the recorded sets;
// see docs/results.md.
var DefaultRule = Rule{Power: 2}

// Gain of Rule is in no unit and always above 0.
func (r Rule) Gain(p *Pilot) float64 {
	b := float64(p.Drawn)
	return math.Pow(1-(p.Pass*b+1)/(b+2), r.Power)
}
