package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"coderm/budget"
	"coderm/difficulty"
	"coderm/engine/llama"
	"coderm/problem"
)

// division is how many completions there are, and what divides them.
type division struct {
	total      int
	given      []int                  // by problem; nil: the policy divides
	classifier *difficulty.Classifier // nil: none was given
}

// readBudget reads what divides the budget, and binds it to the run.
func (j *job) readBudget() (b division, err error) {
	if j.shares != "" {
		err = j.bind("budget", j.shares, func(in *problem.Input) (err error) {
			b.given, err = readShares(in, j.shares, j.cfg.Problems)
			return err
		})
		if err != nil {
			return b, err
		}
		j.policy = policyGiven
	} else if b.total, err = j.total(); err != nil {
		return b, err
	} else {
		j.print["budget"] = fmt.Sprint(b.total)
	}
	j.print["policy"] = j.policy
	if j.policy == budget.PolicyAdaptive || j.policy == budget.PolicyDifficulty { // the choice steers what is drawn
		j.print["selector"] = strings.TrimSpace(j.cfg.Selector.Name() + " " + j.granularity)
	}
	if j.fixedShape {
		j.print["fixed shape"] = "yes"
	}
	if j.classifier != "" {
		b.classifier, err = j.readClassifier()
	}
	return b, err
}

// policyGiven is the policy of --budget, in the run's settings.
const policyGiven = "given"

// shareLine is a line of --budget; what else 'budget apply' writes is not read.
type shareLine struct {
	TaskID string `json:"task_id"`
	Tests  *int   `json:"tests"`
}

// readShares reads a division of completions between the problems.
func readShares(in *problem.Input, path string, problems []problem.Problem) ([]int, error) {
	shares := make([]int, len(problems))
	index := make(map[string]int, len(problems))
	for i, p := range problems {
		index[p.ID], shares[i] = i, -1
	}
	total := 0
	err := in.Lines(func(line []byte) error {
		var l shareLine
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		i, known := index[l.TaskID]
		switch {
		case l.TaskID == "" || l.Tests == nil:
			return errors.New(`"task_id" or "tests" is missing; 'coderm budget apply' writes such files`)
		case !known:
			return fmt.Errorf("task_id %q is not in the problems file", l.TaskID)
		case shares[i] >= 0:
			return fmt.Errorf("task_id %q is there twice", l.TaskID)
		case *l.Tests < 0 || *l.Tests > maxMean:
			return fmt.Errorf("%d tests for %q: give 0 to %d", *l.Tests, l.TaskID, maxMean)
		}
		shares[i] = *l.Tests
		total += *l.Tests
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, p := range problems {
		if shares[i] < 0 {
			return nil, fmt.Errorf("%s: problem %q is missing", path, p.ID)
		}
	}
	if total == 0 {
		return nil, fmt.Errorf("%s: no tests for any problem", path)
	}
	return shares, nil
}

func (j *job) readClassifier() (c *difficulty.Classifier, err error) {
	err = j.bind("classifier", j.classifier, func(in *problem.Input) (err error) {
		c, err = decodeClassifier(in, j.classifier)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, asUsage(c.CheckSelector(j.cfg.Selector.Name()))
}

// total is the budget of completions for all problems together.
func (j *job) total() (int, error) {
	if j.budgetMean == 0 {
		j.budgetMean = float64(j.perProblem)
	}
	n := len(j.cfg.Problems)
	total := int(j.budgetMean*float64(n) + 0.5)
	switch {
	case j.policy == budget.PolicyDifficulty && j.classifier == "":
		return 0, usageError("--policy difficulty needs --classifier, a file that 'coderm budget fit' writes")
	case total < n:
		return 0, usageError("the budget is below one completion per problem; raise --tests-per-problem or --budget-mean")
	}
	return total, nil
}

// checkStates refuses a policy whose classifier needs other hidden states than
// the model gives.
func (j *job) checkStates() error {
	c := j.budget.classifier
	if j.policy != budget.PolicyDifficulty || !c.UsesStates() {
		return nil
	}
	if j.writer.NoHidden {
		return usageError("%s needs the model's hidden states, which a server does not give; fit a classifier with --no-hidden", j.classifier)
	}
	prompt := j.print["style"]
	if c.States == questionPrompt {
		prompt = questionPrompt
	}
	return asUsage(c.CheckStates(j.print["model"], prompt))
}

// planner divides the budget.
func (j *job) planner(ctx context.Context, m *llama.Model) (budget.Planner, error) {
	b := j.budget
	if b.given != nil {
		return budget.Fixed(b.given), nil
	}
	n, c := len(j.cfg.Problems), b.classifier
	if c == nil {
		p, err := budget.PlannerFor(j.policy, n, b.total, j.cfg.Selector)
		return p, asUsage(err)
	}
	var known []difficulty.Known
	if j.policy == budget.PolicyDifficulty {
		var err error
		if known, err = j.known(ctx, c, m); err != nil {
			return nil, err
		}
	}
	p, err := budget.PlannerWith(c, j.policy, known, n, b.total, j.cfg.Selector)
	return p, asUsage(err)
}

// known is what the classifier is to predict from. Hidden states of the prompt
// that the tests are written for come later, in the prefill of the first test.
func (j *job) known(ctx context.Context, c *difficulty.Classifier, m *llama.Model) ([]difficulty.Known, error) {
	known := make([]difficulty.Known, len(j.cfg.Problems))
	for i, p := range j.cfg.Problems {
		known[i].Text = difficulty.TextFeatures(p.Question)
	}
	if !c.UsesStates() || c.States != questionPrompt {
		return known, nil
	}
	for i, p := range j.cfg.Problems {
		var err error
		if known[i].Hidden, err = questionState(ctx, m, p); err != nil {
			return nil, err
		}
	}
	return known, nil
}
