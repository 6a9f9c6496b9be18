// Package replay is the laboratory of budgets: it plays policies on finished
// problems, in many orders of their tests, to train classifiers and to judge
// what dividing gains.
package replay

import (
	"context"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/internal/stats"
	"coderm/rerank"
)

// Options set up a replay.
type Options struct {
	Selector rerank.Selector
	Budgets  []float64 // mean tests a problem
	Draws    int       // orders of the tests to average over
	Folds    int       // of the cross-validation by problem
	Seed     uint64
	Groups   []string      // pilot features to use; none means all
	Gains    budget.Gainer // a model fitted elsewhere: also judged, as it is
}

// Defaults are what a replay does unless it is told otherwise.
func Defaults(sel rerank.Selector) Options {
	return Options{Selector: sel, Budgets: []float64{1, 2, 5, 10, 20, 50}, Draws: 20, Folds: 5, Seed: 1}
}

// Policies of a replay beside those of a run.
const (
	policyUnfitted = "adaptive (no fit)" // by difficulty.DefaultRule
	policyGiven    = "adaptive (given)"  // by a model fitted elsewhere
	policyRate     = "true pass rate"    // as difficulty, with the true rate for the predicted
	PolicyBound    = "upper bound"       // greedy on the true mean curves
)

// Result is how well each policy would have spent some budgets.
type Result struct {
	Selector string     `json:"selector"`
	Problems int        `json:"problems"`
	Draws    int        `json:"draws"`
	Folds    int        `json:"folds"`
	Seed     uint64     `json:"seed"`
	Rows     []Row      `json:"rows"`
	Worth    []WorthRow `json:"worth"` // at the budgets
	Notes    []string   `json:"notes,omitempty"`
}

// Row is one policy at one budget. Accuracies are shares, intervals hold 95 % of
// the bootstrap's means over problems.
type Row struct {
	Budget   float64        `json:"budget"` // mean tests a problem allowed
	Policy   string         `json:"policy"`
	Spent    float64        `json:"spent"` // mean tests a problem used
	Accuracy stats.Interval `json:"accuracy"`
	Gain     stats.Interval `json:"gain"` // over uniform, same budget, same problems and orders
	// Saved is the share of uniform's tests not needed for this accuracy;
	// negative where the policy needs more. SavedMore says that uniform reaches
	// it at no budget at all: the share is a lower bound.
	Saved     float64 `json:"saved"`
	SavedMore bool    `json:"saved_more,omitempty"`
}

// Run simulates every policy on finished problems. What is learned is learned
// without the problems it is judged on.
func Run(ctx context.Context, cases []Case, o Options) (*Result, error) {
	r, err := newReplayer(cases, o)
	if err != nil {
		return nil, err
	}
	use := difficulty.Has(r.before())
	out := &Result{Selector: o.Selector.String(), Problems: len(cases), Draws: o.Draws, Folds: r.Folds, Seed: o.Seed}
	if use == (difficulty.Features{}) {
		out.Notes = append(out.Notes, "No policy `difficulty`: nothing is known of the problems before their tests; give their texts or hidden states.")
	}
	for _, step := range []func() error{r.fit, func() error { return r.predict(use) }, r.perfect, r.bound} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	reach := r.reach()
	for _, mean := range o.Budgets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, r.rows(mean, reach)...)
		out.Worth = append(out.Worth, r.worth(int(mean+0.5)))
	}
	return out, nil
}

func (r *replayer) uniform(mean float64) []int {
	return budget.Even{Ceiling: r.ceiling}.Allocate(make([]difficulty.Prediction, len(r.cases)), r.total(mean))
}

func (r *replayer) total(mean float64) int { return int(mean*float64(len(r.cases)) + 0.5) }

// adaptive replays the live planner; gain picks the model by problem, as the
// folds need.
func (r *replayer) adaptive(mean float64, gain func(i int) budget.Gainer) func([]*trace) []int {
	return func(traces []*trace) []int {
		return spend(budget.Adaptive{Total: r.total(mean), Ceiling: r.ceiling, Gains: gain, Selector: r.Selector}, traces)
	}
}

// fitted replays the live planner with the models of the folds.
func (r *replayer) fitted(mean float64) func([]*trace) []int {
	return r.adaptive(mean, func(i int) budget.Gainer { return r.gains[r.fold[i]] })
}

// difficulty divides by what was predicted before any test.
func (r *replayer) difficulty(mean float64) func([]*trace) []int {
	tests := budget.Greedy{Floor: 1, Ceiling: r.ceiling}.Allocate(r.rates, r.total(mean))
	return func([]*trace) []int { return tests }
}

// rows are the policies at one budget.
func (r *replayer) rows(mean float64, reach []stats.Point) []Row {
	fixed := func(tests []int) func([]*trace) []int { return func([]*trace) []int { return tests } }
	type policy struct {
		name   string
		divide func([]*trace) []int
	}
	policies := []policy{{budget.PolicyUniform, fixed(r.uniform(mean))}}
	if r.rates != nil {
		policies = append(policies, policy{budget.PolicyDifficulty, r.difficulty(mean)})
	}
	policies = append(policies,
		policy{policyUnfitted, r.adaptive(mean, func(int) budget.Gainer { return difficulty.DefaultRule })},
		policy{budget.PolicyAdaptive, r.fitted(mean)})
	if r.Gains != nil {
		policies = append(policies, policy{policyGiven, r.adaptive(mean, func(int) budget.Gainer { return r.Gains })})
	}
	policies = append(policies,
		policy{policyRate, fixed(budget.Greedy{Floor: 1, Ceiling: r.ceiling}.Allocate(r.truths, r.total(mean)))},
		policy{PolicyBound, fixed(budget.Greedy{Ceiling: r.ceiling}.Allocate(r.curves, r.total(mean)))})

	var rows []Row
	var base []float64
	for _, p := range policies {
		solved, spent := r.draws.play(p.divide)
		if base == nil {
			base = solved
		}
		gain := make([]float64, len(solved))
		for i := range gain {
			gain[i] = solved[i] - base[i]
		}
		row := Row{
			Budget: mean, Policy: p.name, Spent: spent,
			Accuracy: stats.BootstrapMean(solved, r.Seed), Gain: stats.BootstrapMean(gain, r.Seed),
		}
		row.Saved, row.SavedMore = saved(reach, row.Accuracy.Mean, spent)
		rows = append(rows, row)
	}
	return rows
}
