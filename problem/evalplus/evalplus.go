// Package evalplus turns the inputs of EvalPlus's problem files (HumanEval+,
// MBPP+) into test programs of hidden ground truth.
package evalplus

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"coderm/problem"
)

//go:embed check.py
var check string

// Level says how much of the ground truth counts.
type Level string

// The levels of EvalPlus.
const (
	Base Level = "base" // the original benchmark's inputs
	Plus Level = "plus" // and EvalPlus's added ones
)

// Has tells whether a problem carries EvalPlus's inputs.
func Has(p problem.Problem) bool { return p.Extra["base_input"] != nil }

// Limit is what a candidate may use on one input: Least, or Factor times what the
// canonical solution used on it, if that is more. In units of the sandbox's fuel.
type Limit struct {
	Least  uint64
	Factor int
}

// Checks returns the test programs that decide whether a solution of p is right,
// one a level: EvalPlus runs a solution anew for the added inputs. Each runs the
// canonical solution beside the candidate, in the same interpreter.
func Checks(p problem.Problem, level Level, limit Limit) ([]string, error) {
	if p.Canonical == "" || p.EntryPoint == "" {
		return nil, fmt.Errorf("%s: no canonical solution or no entry point", p.ID)
	}
	fields := []string{"base_input"}
	if level == Plus {
		fields = append(fields, "plus_input")
	}
	var checks []string
	for _, field := range fields {
		inputs, err := collect(p, field)
		if err != nil {
			return nil, err
		}
		if len(inputs) == 0 {
			continue // a check that checks nothing passes everything
		}
		check, err := program(p, inputs, limit)
		if err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	if len(checks) == 0 {
		return nil, fmt.Errorf("%s: no inputs to compare on", p.ID)
	}
	return checks, nil
}

func program(p problem.Problem, inputs []json.RawMessage, limit Limit) (string, error) {
	atol := 0.0
	if raw, ok := p.Extra["atol"]; ok {
		if err := json.Unmarshal(raw, &atol); err != nil {
			return "", fmt.Errorf("%s: field %q: %w", p.ID, "atol", err)
		}
	}
	all, err := json.Marshal(inputs)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.ID, err)
	}
	dataset, number := task(p.ID)
	return fmt.Sprintf("%s\n\n_coderm_evalplus(%s, %s, %s, %s, %d, %s, %s, %d, %d)\n", check, p.EntryPoint,
		literal(p.Canonical), literal(p.EntryPoint), literal(dataset), number, literal(string(all)),
		strconv.FormatFloat(atol, 'g', -1, 64), limit.Least, limit.Factor), nil
}

// collect reads one list of inputs, each a list of arguments. MBPP+ has an
// empty object for no inputs.
func collect(p problem.Problem, field string) ([]json.RawMessage, error) {
	raw := p.Extra[field]
	if raw == nil || string(raw) == "{}" {
		return nil, nil
	}
	var inputs []json.RawMessage
	if err := json.Unmarshal(raw, &inputs); err != nil {
		return nil, fmt.Errorf("%s: field %q: %w", p.ID, field, err)
	}
	return inputs, nil
}

// task names EvalPlus's data set that a problem is of, "" for none, and its
// number there, by which MBPP's inputs are converted; -1 for others.
func task(id string) (dataset string, number int) {
	name, text, _ := strings.Cut(id, "/")
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return "", -1
	case name == "Mbpp":
		return "mbpp", n
	case name == "HumanEval":
		return "humaneval", -1
	}
	return "", -1
}

// literal writes s as a Python string. A JSON string without escaped surrogates
// is one, and encoding/json leaves text as UTF-8.
func literal(s string) string {
	text, _ := json.Marshal(s) // strings always marshal
	return string(text)
}
