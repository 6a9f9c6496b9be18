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

// Check returns the test program that decides whether a solution of p is right.
// It runs the canonical solution beside the candidate, in the same interpreter.
func Check(p problem.Problem, level Level) (string, error) {
	if p.Canonical == "" || p.EntryPoint == "" {
		return "", fmt.Errorf("%s: no canonical solution or no entry point", p.ID)
	}
	inputs, err := collect(p, "base_input")
	if err != nil {
		return "", err
	}
	if level == Plus {
		more, err := collect(p, "plus_input")
		if err != nil {
			return "", err
		}
		inputs = append(inputs, more...)
	}
	if len(inputs) == 0 {
		// A check that checks nothing would pass everything.
		return "", fmt.Errorf("%s: no inputs to compare on", p.ID)
	}
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
	return fmt.Sprintf("%s\n\n_coderm_evalplus(%s, %s, %s, %d, %s, %s)\n", check, p.EntryPoint,
		literal(p.Canonical), literal(p.EntryPoint), task(p.ID), literal(string(all)),
		strconv.FormatFloat(atol, 'g', -1, 64)), nil
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

// task is MBPP's task number, by which inputs are converted; -1 for others.
func task(id string) int {
	if number, ok := strings.CutPrefix(id, "Mbpp/"); ok {
		if n, err := strconv.Atoi(number); err == nil {
			return n
		}
	}
	return -1
}

// literal writes s as a Python string. A JSON string without escaped surrogates
// is one, and encoding/json leaves text as UTF-8.
func literal(s string) string {
	text, _ := json.Marshal(s) // strings always marshal
	return string(text)
}
