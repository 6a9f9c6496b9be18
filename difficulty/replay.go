package difficulty

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"

	"coderm/bootstrap"
	"coderm/rerank"
)

// ReplayOptions set up a replay.
type ReplayOptions struct {
	Selector rerank.Selector
	Budgets  []float64 // mean tests a problem
	Draws    int       // orders of the tests to average over
	Folds    int       // of the cross-validation by problem
	Seed     uint64
	Groups   []string // pilot features to use; none means all
	Gains    Gainer   // a model fitted elsewhere: also judged, as it is
}

// Policies of a replay beside those of a run.
const (
	policyUnfitted = "adaptive (no fit)" // by DefaultRule
	policyGiven    = "adaptive (given)"  // by a model fitted elsewhere
	PolicyBound    = "upper bound"       // greedy on the true mean curves
)

// Replay is how well each policy would have spent some budgets.
type Replay struct {
	Selector string      `json:"selector"`
	Problems int         `json:"problems"`
	Draws    int         `json:"draws"`
	Folds    int         `json:"folds"`
	Seed     uint64      `json:"seed"`
	Rows     []ReplayRow `json:"rows"`
	Notes    []string    `json:"notes,omitempty"`
}

// ReplayRow is one policy at one budget. Accuracies are shares, intervals hold
// 95 % of the bootstrap's means over problems.
type ReplayRow struct {
	Budget   float64            `json:"budget"` // mean tests a problem allowed
	Policy   string             `json:"policy"`
	Spent    float64            `json:"spent"` // mean tests a problem used
	Accuracy bootstrap.Interval `json:"accuracy"`
	Gain     bootstrap.Interval `json:"gain"` // over uniform, same budget, same problems and orders
	// Saved is the share of uniform's tests not needed for this accuracy;
	// negative where the policy needs more. SavedMore says that uniform reaches
	// it at no budget at all: the share is a lower bound.
	Saved     float64 `json:"saved"`
	SavedMore bool    `json:"saved_more,omitempty"`
}

// NewReplay simulates every policy on finished problems. What is learned is
// learned without the problems it is judged on.
func NewReplay(ctx context.Context, cases []Case, o ReplayOptions) (*Replay, error) {
	r, err := newReplayer(cases, o)
	if err != nil {
		return nil, err
	}
	use := Has(r.before())
	out := &Replay{Selector: o.Selector.Name(), Problems: len(cases), Draws: o.Draws, Folds: r.Folds, Seed: o.Seed}
	if use == (Features{}) {
		out.Notes = append(out.Notes, "No policy `difficulty`: nothing is known of the problems before their tests; give their texts or hidden states.")
	}
	for _, step := range []func() error{r.fit, func() error { return r.predict(use) }, r.bound} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(); err != nil {
			return nil, err
		}
	}
	reach := r.reach()
	for _, budget := range o.Budgets {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out.Rows = append(out.Rows, r.rows(budget, reach)...)
	}
	return out, nil
}

type replayer struct {
	ReplayOptions
	cases   []Case
	ceiling []int
	draws   draws
	fold    []int // by case
	gains   []*GainModel
	rates   []Prediction // by case, from what was known before any test; may be nil
	curves  []Prediction // by case, the true mean curves
}

func newReplayer(cases []Case, o ReplayOptions) (*replayer, error) {
	for i := range cases {
		if err := cases[i].check(); err != nil {
			return nil, err
		}
	}
	if len(cases) < minProblems {
		return nil, fmt.Errorf("%d problems are too few for a replay; give at least %d", len(cases), minProblems)
	}
	o.Folds = min(o.Folds, len(cases))
	r := &replayer{ReplayOptions: o, cases: cases, draws: newDraws(cases, o.Selector, o.Draws, o.Seed)}
	r.ceiling = r.draws.ceiling()
	r.fold = dealFolds(len(cases), o.Folds, o.Seed)
	return r, nil
}

// before is what was known of the cases before any test.
func (r *replayer) before() []Known {
	known := make([]Known, len(r.cases))
	for i := range r.cases {
		known[i] = r.cases[i].Known
	}
	return known
}

func (r *replayer) fit() error {
	r.gains = nil
	for f := range r.Folds {
		g, err := fitGain(r.draws.subset(func(i int) bool { return r.fold[i] != f }), r.Groups)
		if err != nil {
			return err
		}
		r.gains = append(r.gains, g)
	}
	return nil
}

// predict gives every case the curve expected before any test, from problems of
// other folds: pass rates predicted from what was known, then the mean curve of
// problems predicted alike.
func (r *replayer) predict(use Features) error {
	if use == (Features{}) {
		return nil
	}
	known := r.before()
	rates := make([]float64, len(r.cases))
	for i := range r.cases {
		rates[i] = r.cases[i].PassRate()
	}
	r.rates = make([]Prediction, len(r.cases))
	for f := range r.Folds {
		if err := r.predictFold(f, known, rates, use); err != nil {
			return err
		}
	}
	return nil
}

func (r *replayer) predictFold(f int, known []Known, rates []float64, use Features) error {
	train, y, where := without(f, r.fold, known, rates)
	m, err := fitRate(train, y, use, []int{0, hiddenUnits}, r.Seed)
	if err != nil {
		return err
	}
	// The curves are filed under held-out predictions: under fitted ones they
	// would look better told apart than those of a new problem are.
	filed, err := crossPredict(train, y, use, []int{0}, innerFolds, r.Seed)
	if err != nil {
		return err
	}
	curves := newCurves(r.draws.subset(func(i int) bool { return r.fold[i] != f }), filed)
	for n, p := range m.Predict(pick(known, where)) {
		r.rates[where[n]] = curves.Predict(p)
	}
	return nil
}

func (r *replayer) bound() error {
	for i := range r.cases {
		tests := append([]int{0}, grid(r.ceiling[i])...)
		r.curves = append(r.curves, Prediction{Solved: filled(tests, r.draws.curve(i, tests))})
	}
	return nil
}

func (r *replayer) uniform(budget float64) []int {
	return Even{r.ceiling}.Allocate(make([]Prediction, len(r.cases)), r.total(budget))
}

func (r *replayer) total(budget float64) int { return int(budget*float64(len(r.cases)) + 0.5) }

// adaptive replays the live planner; gain picks the model by problem, as the
// folds need.
func (r *replayer) adaptive(budget float64, gain func(i int) Gainer) func([]*trace) []int {
	return func(traces []*trace) []int {
		a := newAdaptive(Adaptive{Total: r.total(budget), Ceiling: r.ceiling}, len(traces))
		a.gains = gain
		return a.replay(traces)
	}
}

// fitted replays the live planner with the models of the folds.
func (r *replayer) fitted(budget float64) func([]*trace) []int {
	return r.adaptive(budget, func(i int) Gainer { return r.gains[r.fold[i]] })
}

// difficulty divides by what was predicted before any test.
func (r *replayer) difficulty(budget float64) func([]*trace) []int {
	tests := Greedy{Floor: 1, Ceiling: r.ceiling}.Allocate(r.rates, r.total(budget))
	return func([]*trace) []int { return tests }
}

// rows are the policies at one budget.
func (r *replayer) rows(budget float64, reach []point) []ReplayRow {
	fixed := func(tests []int) func([]*trace) []int { return func([]*trace) []int { return tests } }
	type policy struct {
		name   string
		divide func([]*trace) []int
	}
	policies := []policy{{PolicyUniform, fixed(r.uniform(budget))}}
	if r.rates != nil {
		policies = append(policies, policy{PolicyDifficulty, r.difficulty(budget)})
	}
	policies = append(policies,
		policy{policyUnfitted, r.adaptive(budget, func(int) Gainer { return DefaultRule })},
		policy{PolicyAdaptive, r.fitted(budget)})
	if r.Gains != nil {
		policies = append(policies, policy{policyGiven, r.adaptive(budget, func(int) Gainer { return r.Gains })})
	}
	greedy := Greedy{Ceiling: r.ceiling}
	policies = append(policies, policy{PolicyBound, fixed(greedy.Allocate(r.curves, r.total(budget)))})

	var rows []ReplayRow
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
		row := ReplayRow{
			Budget: budget, Policy: p.name, Spent: spent,
			Accuracy: bootstrap.Mean(solved, r.Seed), Gain: bootstrap.Mean(gain, r.Seed),
		}
		row.Saved, row.SavedMore = saved(reach, row.Accuracy.Mean, spent)
		rows = append(rows, row)
	}
	return rows
}

// reach is uniform's accuracy by its mean tests a problem, made monotone: the
// curve other policies' accuracies are looked up on.
func (r *replayer) reach() []point {
	var points []point
	var accuracy []float64
	for _, b := range grid(slices.Max(r.ceiling)) {
		solved, spent := r.draws.play(func([]*trace) []int { return r.uniform(float64(b)) })
		if len(points) > 0 && spent <= points[len(points)-1].x {
			break // nothing is left to draw
		}
		points = append(points, point{x: spent})
		accuracy = append(accuracy, stat.Mean(solved, nil))
	}
	for k, y := range isotonic(accuracy, nil) {
		points[k].y = y
	}
	return points
}

// saved compares spent with what uniform needs for the same accuracy.
func saved(reach []point, accuracy, spent float64) (share float64, more bool) {
	const slack = 1e-9
	for k, p := range reach {
		if p.y < accuracy-slack {
			continue
		}
		need := p.x
		if k > 0 {
			q := reach[k-1]
			need = q.x + (p.x-q.x)*(accuracy-q.y)/max(p.y-q.y, slack)
		}
		return 1 - spent/max(need, slack), false
	}
	last := reach[len(reach)-1].x
	return max(0, 1-spent/last), true
}
