package run

import (
	"coderm/budget"
	"coderm/model"
	"coderm/problem"
	"coderm/rerank"
)

// Paper makes the spec do as the experiments of the CodeRM paper did, as far as its
// reference implementation tells (inference/config.json, preprocess, evaluation): its
// prompts and sampling, 100 completions a problem read by its own rules, one solution
// shown for all of them, and its rule of choice, without public examples. What files,
// which model and which solution to show is left as it is.
func (s *Spec) Paper() {
	temperature, topP := float32(0.8), float32(0.95)
	w := s.Writing
	w.Style, w.PromptForm, w.Extraction = string(problem.Unittest), string(model.Published), string(model.AsReference)
	w.Temperature, w.TopP, w.MaxTokens = &temperature, &topP, 2048
	w.TestsPerProblem, w.BudgetMean, w.Policy, w.Classifier, w.Budget = 100, 0, budget.PolicyUniform, "", ""
	if w.PromptSolution == rotateSolutions {
		w.PromptSolution = firstSolution
	}
	if s.Job == Rerank {
		s.Selector, s.Granularity, s.Observe = rerank.Selector{Rule: rerank.Reference}.String(), "", 0
	}
}
