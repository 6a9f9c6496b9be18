// Package eval measures how well selectors choose and tests judge, against
// known truth. docs/evaluation.md has the definitions.
package eval

import (
	"coderm/rerank"
)

// Problem is one problem's evidence with the truth about its solutions.
type Problem struct {
	ID string
	rerank.Evidence
	// Right tells for every row of the matrix whether the solution is correct.
	Right []bool
	// Samples maps the samples, in the order they were drawn, to rows.
	Samples []int
	// Chosen is the sample that the run chose whose file it is; -1 for none.
	Chosen int
	// Drawn is how many completions were paid for to get the tests, those that
	// gave none included.
	Drawn int
	// MutatedFrom is the number of the first observed call that no test makes; those
	// from there on are mutations. It is of no meaning without Outputs.
	MutatedFrom int
	// Platform and Difficulty are the problem's; "" where it does not say.
	Platform, Difficulty string
}

// correct is the number of right samples.
func (p *Problem) correct() int {
	n := 0
	for i, right := range p.Right {
		if right {
			n += p.Matrix.Weight(i)
		}
	}
	return n
}

// Accuracy is the chance that the choice is right, the expectation over ties.
func Accuracy(p *Problem, ranked []rerank.Ranked) float64 {
	return rerank.ChanceRight(p.Matrix, ranked, p.Right)
}

// Random is the accuracy of choosing any sample: pass@1.
func Random(p *Problem) float64 { return PassAt(p.Matrix.TotalWeight(), p.correct(), 1) }

// Oracle is the accuracy of choosing with the truth in hand: 1 when any sample
// is right.
func Oracle(p *Problem) float64 {
	if p.correct() > 0 {
		return 1
	}
	return 0
}

// PassAt is the unbiased estimate of the chance that at least one of k samples
// is right, when c of n are: 1 - C(n-c, k)/C(n, k) (Chen et al. 2021,
// "Evaluating Large Language Models Trained on Code", equation 1). A k above n
// counts as n.
func PassAt(n, c, k int) float64 {
	k = min(k, n)
	if n == 0 || c == 0 || k <= 0 {
		return 0
	}
	if n-c < k {
		return 1
	}
	miss := 1.0
	for i := n - c + 1; i <= n; i++ {
		miss *= 1 - float64(k)/float64(i)
	}
	return 1 - miss
}
