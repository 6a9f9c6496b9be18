// Package budget decides how a budget of generated tests is divided between
// problems: before any test from predicted difficulty, or in rounds from what
// the tests so far have shown.
package budget

import (
	"fmt"
	"strings"

	"coderm/difficulty"
	"coderm/rerank"
)

// Grant says how many more tests to generate for a problem.
type Grant struct {
	Problem int // position among the run's problems
	Tests   int // how many more, at least 1
	// Last says that the planner will grant the problem nothing more, and does not
	// want to hear of this grant.
	Last bool
}

// Planner divides a budget while its tests run. It is used by one goroutine.
type Planner interface {
	// Next returns what to generate now; done when nothing is left to generate.
	// A problem is granted nothing while an earlier grant of it is unobserved,
	// so Next may also be called with grants still running: it then keeps their
	// share of the budget back, and returns no grants until it hears of them.
	Next() (grants []Grant, done bool)
	// Observe reports everything run for a problem so far, once its latest grant
	// has run, but for a Last one. Tests that gave nothing to run may be missing
	// from the evidence; they were paid for all the same.
	Observe(problem int, e rerank.Evidence)
}

// Piloted is a Planner that decides about a problem's first tests, too.
type Piloted interface {
	Planner
	// Pilot reports what is known of a problem without any test, before the first
	// Next: its own examples, and what solutions return on calls made of those.
	Pilot(problem int, e rerank.Evidence)
}

// The policies by name.
const (
	PolicyUniform    = "uniform"    // the same for every problem
	PolicyDifficulty = "difficulty" // by predictions made before any test
	PolicyAdaptive   = "adaptive"   // in rounds, by what the tests show
)

// Policies lists the policies of PlannerFor. PolicyDifficulty is not among
// them: it needs predictions, see PlannerWith.
func Policies() []string { return []string{PolicyUniform, PolicyAdaptive} }

// PlannerFor returns the planner of a policy, for n problems and total tests.
// The selector is the one that will choose the solutions.
func PlannerFor(policy string, n, total int, sel rerank.Selector) (Planner, error) {
	if err := checkTotal(n, total); err != nil {
		return nil, err
	}
	switch policy {
	case PolicyUniform:
		return Fixed(Uniform(n, total)), nil
	case PolicyAdaptive:
		return NewAdaptive(Adaptive{Total: total, Selector: sel}, n), nil
	}
	return nil, fmt.Errorf("budget policy %q is unknown; without a classifier use one of %s", policy, strings.Join(Policies(), ", "))
}

// PlannerWith returns the planner of a policy that uses a classifier. known is
// needed for PolicyDifficulty only; where the classifier needs hidden states
// and known has none, the planner is a Prober.
func PlannerWith(c *difficulty.Classifier, policy string, known []difficulty.Known, n, total int, sel rerank.Selector) (Planner, error) {
	if err := checkTotal(n, total); err != nil {
		return nil, err
	}
	switch policy {
	case PolicyDifficulty:
		if c.UsesStates() && !difficulty.Has(known).Hidden {
			return newProbing(c, known, total), nil
		}
		_, curves, err := c.Predict(known)
		if err != nil {
			return nil, err
		}
		return Fixed(Greedy{Floor: 1}.Allocate(curves, total)), nil
	case PolicyAdaptive:
		gains := func(int) Gainer { return c.Gain }
		return NewAdaptive(Adaptive{Total: total, Selector: sel, Gains: gains}, n), nil
	}
	return PlannerFor(policy, n, total, sel)
}

func checkTotal(n, total int) error {
	if n < 1 || total < n {
		return fmt.Errorf("a budget of %d tests for %d problems is below one test a problem", total, n)
	}
	return nil
}

// Uniform divides total tests evenly; what does not divide goes to the first
// problems, one each.
func Uniform(n, total int) []int {
	return Even{}.Allocate(make([]difficulty.Prediction, n), total)
}

// fixed grants a division made beforehand, all of it in one round.
type fixed struct{ grants []Grant }

// Fixed is the planner of a division made beforehand, tests by problem.
func Fixed(tests []int) Planner {
	f := &fixed{}
	for i, k := range tests {
		if k > 0 {
			f.grants = append(f.grants, Grant{Problem: i, Tests: k, Last: true})
		}
	}
	return f
}

func (f *fixed) Next() ([]Grant, bool) {
	out := f.grants
	f.grants = nil
	return out, len(out) == 0
}

func (f *fixed) Observe(int, rerank.Evidence) {}
