package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/engine"
	"coderm/problem"
)

// division is how many completions there are, and what divides them.
type division struct {
	total      int                    // for the problems that the run is of
	given      []int                  // by number of the problem; nil: the policy divides
	classifier *difficulty.Classifier // nil: none was given
}

// policyGiven is the policy of a file of completions by problem, in the identity.
const policyGiven = "given"

// readBudget reads what divides the budget, and binds it to the run.
func (r *Run) readBudget() (err error) {
	w, b, id := r.spec.Writing, &r.division, &r.identity
	id.Policy = w.Policy
	if w.Budget != "" {
		id.Policy = policyGiven
		id.Budget, err = bind(w.Budget, func(in *problem.Input) (err error) {
			b.given, err = r.readShares(in)
			return err
		})
	} else if b.total, err = w.total(len(r.inventory.asked)); err == nil {
		// Bound is what all problems would get: a subset has the same mean.
		var all int
		all, err = w.total(len(r.inventory.each))
		id.Budget = strconv.Itoa(all)
	}
	if err != nil {
		return err
	}
	if id.Policy == budget.PolicyAdaptive || id.Policy == budget.PolicyDifficulty { // the choice steers what is drawn
		id.Selector, id.First = r.selector.String(), r.spec.Limits.First
	}
	if w.FixedShape {
		id.FixedShape = "yes"
	}
	if w.Classifier == "" {
		return nil
	}
	id.Classifier, err = bind(w.Classifier, func(in *problem.Input) (err error) {
		if b.classifier, err = difficulty.Read(in); err != nil {
			err = fmt.Errorf("%s: %w", w.Classifier, err)
		}
		return err
	})
	if err != nil {
		return err
	}
	return asInput(b.classifier.CheckSelector(r.selector.String()))
}

// share is a line of a division; what else 'budget apply' writes is not read.
type share struct {
	TaskID string `json:"task_id"`
	Tests  *int   `json:"tests"`
}

// readShares reads a division of completions between the problems.
func (r *Run) readShares(in *problem.Input) ([]int, error) {
	path, index := r.spec.Writing.Budget, r.inventory.index
	shares := make([]int, len(index.IDs))
	for i := range shares {
		shares[i] = -1
	}
	total := 0
	err := in.Lines(func(line []byte) error {
		var l share
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if l.TaskID == "" || l.Tests == nil {
			return errors.New(`"task_id" or "tests" is missing; 'coderm budget apply' writes such files`)
		}
		i, err := index.Find(l.TaskID)
		switch {
		case err != nil:
			return err
		case shares[i] >= 0:
			return fmt.Errorf("task_id %q is there twice", l.TaskID)
		case *l.Tests < 0 || *l.Tests > MaxMean:
			return fmt.Errorf("%d tests for %q: give 0 to %d", *l.Tests, l.TaskID, MaxMean)
		}
		shares[i] = *l.Tests
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, k := range r.inventory.asked {
		if shares[k] < 0 {
			return nil, fmt.Errorf("%s: problem %q is missing", path, index.IDs[k])
		}
		total += shares[k]
	}
	if total == 0 && len(r.inventory.asked) > 0 {
		return nil, fmt.Errorf("%s: no tests for any problem", path)
	}
	return shares, nil
}

// total is the budget of completions for n problems together.
func (w *Writing) total(n int) (int, error) {
	mean := w.BudgetMean
	if mean == 0 {
		mean = float64(w.TestsPerProblem)
	}
	total := int(mean*float64(n) + 0.5)
	if total < n {
		return 0, bad("the budget is below one completion per problem; raise tests-per-problem or budget-mean")
	}
	return total, nil
}

// checkStates refuses a policy whose classifier needs other hidden states than
// the model gives.
func (r *Run) checkStates() error {
	c := r.division.classifier
	if r.identity.Policy != budget.PolicyDifficulty || !c.UsesStates() {
		return nil
	}
	if _, ok := r.writer.Engine.(engine.Embedder); r.writer.Engine != nil && !ok { // a local one has them, and is loaded later
		return bad("%s needs the model's hidden states, which a server does not give; fit a classifier with --no-hidden", r.spec.Writing.Classifier)
	}
	prompt := r.identity.StatesOf()
	if c.States == QuestionPrompt {
		prompt = QuestionPrompt
	}
	return asInput(c.CheckStates(r.identity.Model, prompt))
}

// QuestionPrompt names the prompt of hidden states that shows the question alone.
const QuestionPrompt = "question"

// QuestionState is the hidden state of QuestionPrompt, [n_embd].
func QuestionState(ctx context.Context, m engine.Embedder, p problem.Problem) ([]float64, error) {
	state, err := m.Embed(ctx, engine.Prompt{Text: p.Question})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.ID, err)
	}
	return difficulty.Wide(state), nil
}

// planner divides the budget.
func (r *Run) planner(ctx context.Context, m engine.Embedder) (budget.Planner, error) {
	b := &r.division
	if len(r.inventory.asked) == 0 { // of a shard that happens to have none
		return budget.Fixed(nil), nil
	}
	if b.given != nil {
		var tests []int
		for _, k := range r.inventory.asked {
			tests = append(tests, b.given[k])
		}
		return budget.Fixed(tests), nil
	}
	n, c := len(r.inventory.asked), b.classifier
	policy := r.identity.Policy
	if c == nil {
		p, err := budget.PlannerFor(policy, n, b.total, r.selector)
		return p, asInput(err)
	}
	var known []difficulty.Known
	if policy == budget.PolicyDifficulty {
		var err error
		if known, err = r.predictors(ctx, c, m); err != nil {
			return nil, err
		}
	}
	p, err := budget.PlannerWith(c, policy, known, n, b.total, r.selector)
	return p, asInput(err)
}

// predictors is what the classifier is to predict from. Hidden states of the
// prompt that the tests are written for come later, in the prefill of the first
// test.
func (r *Run) predictors(ctx context.Context, c *difficulty.Classifier, m engine.Embedder) ([]difficulty.Known, error) {
	out := make([]difficulty.Known, len(r.inventory.asked))
	for i, k := range r.inventory.asked {
		out[i].Text = r.inventory.each[k].text
		if !c.UsesStates() || c.States != QuestionPrompt {
			continue
		}
		p, err := r.opening.Problem(ctx, k)
		if err == nil {
			out[i].Hidden, err = QuestionState(ctx, m, p)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
