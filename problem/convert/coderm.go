package convert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"coderm/problem"
)

// codeRM reads the files of CodeRM's reference repository: the prompts its
// models were given (data/benchmark/input_*.jsonl), the solutions and the unit
// tests extracted from their answers (data/result/*).
func codeRM(_ context.Context, in Input) (*Set, error) {
	set := &Set{}
	err := in.lines(in.Problems, func(line []byte) error {
		p, err := codeRMProblem(line)
		if err == nil {
			set.Problems = append(set.Problems, p)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(set.Problems) == 0 {
		return nil, fmt.Errorf("%s: no problems in it", in.Problems)
	}
	known := map[string]bool{}
	for _, p := range set.Problems {
		if known[p.ID] {
			return nil, fmt.Errorf("%s: task_id %q is there twice", in.Problems, p.ID)
		}
		known[p.ID] = true
	}
	if in.Solutions != "" {
		err := in.lines(in.Solutions, func(line []byte) error { return set.codeRMSolutions(line, known) })
		if err != nil {
			return nil, err
		}
	}
	if in.Tests != "" {
		if err := in.lines(in.Tests, func(line []byte) error { return set.codeRMTests(line, known) }); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// The headings of CodeRM's prompts.
const (
	questionHead = "### question\n"
	solutionHead = "\n\n### code solution\n"
	closing      = "\n\nPlease add detailed comments"
)

// promptSolution is the Extra field with the candidate shown to the model.
const promptSolution = "prompt_solution"

func codeRMProblem(line []byte) (problem.Problem, error) {
	var l struct {
		TaskID   string `json:"task_id"`
		Messages []struct {
			Content string `json:"content"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return problem.Problem{}, err
	}
	if l.TaskID == "" || len(l.Messages) == 0 {
		return problem.Problem{}, errors.New(`no "task_id" or no "messages"`)
	}
	p := problem.Problem{ID: l.TaskID, Question: l.Messages[0].Content}
	raw, err := json.Marshal(l.Messages)
	if err != nil {
		return p, err
	}
	p.Extra = map[string]json.RawMessage{"messages": raw}
	if _, after, ok := strings.Cut(p.Question, questionHead); ok {
		question, rest, _ := strings.Cut(after, solutionHead)
		p.Question = strings.TrimSpace(question)
		if code, _, ok := strings.Cut(rest, closing); ok {
			if p.Extra[promptSolution], err = json.Marshal(code); err != nil {
				return p, err
			}
		}
	}
	return p, nil
}

// codeRMSolutions reads one problem's solutions: programs, or programs with
// the verdict of the extended benchmark.
func (s *Set) codeRMSolutions(line []byte, known map[string]bool) error {
	var l struct {
		TaskID    string            `json:"task_id"`
		Solutions []json.RawMessage `json:"solutions"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	if !known[l.TaskID] {
		return fmt.Errorf("task_id %q is not in the problems file", l.TaskID)
	}
	for i, raw := range l.Solutions {
		sol := problem.Solution{TaskID: l.TaskID, Index: i}
		if json.Unmarshal(raw, &sol.Code) != nil {
			if err := annotated(raw, &sol); err != nil {
				return fmt.Errorf("solution %d: %w", i, err)
			}
		}
		s.Solutions = append(s.Solutions, sol)
	}
	return nil
}

func annotated(raw json.RawMessage, sol *problem.Solution) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	for _, name := range []string{"solution", "code"} {
		if json.Unmarshal(fields[name], &sol.Code) == nil {
			delete(fields, name)
			break
		}
	}
	if sol.Code == "" {
		return errors.New(`no "solution"`)
	}
	sol.Label = labelOf(fields)
	sol.Extra = fields
	return nil
}

// labelOf is the verdict on an annotated solution: of EvalPlus's inputs, or of
// LiveCodeBench's tests. It is nil where there is none.
func labelOf(fields map[string]json.RawMessage) *bool {
	for _, name := range []string{"plus_status", "result"} {
		var status string
		if json.Unmarshal(fields[name], &status) == nil {
			right := status == "pass"
			return &right
		}
	}
	return nil
}

// runnerTail starts the lines that the reference implementation adds to run a
// test class; they only work inside of it.
const runnerTail = "\n\nsuite = unittest.TestLoader()"

func (s *Set) codeRMTests(line []byte, known map[string]bool) error {
	var l struct {
		TaskID string   `json:"task_id"`
		Tests  []string `json:"unit_tests"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return err
	}
	if !known[l.TaskID] {
		return fmt.Errorf("task_id %q is not in the problems file", l.TaskID)
	}
	for i, text := range l.Tests {
		code, _, _ := strings.Cut(text, runnerTail)
		s.Tests = append(s.Tests, problem.TestLine{TaskID: l.TaskID, Index: i, Test: problem.Test{Kind: problem.Unittest, Code: code}})
	}
	return nil
}
