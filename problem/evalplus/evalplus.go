// Package evalplus turns the inputs of EvalPlus's problem files (HumanEval+,
// MBPP+) into test programs of hidden ground truth.
package evalplus

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
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

// Check is a test program that compares a solution with the canonical one on many
// inputs, in one load and in their order: a solution keeps its state between them.
type Check struct {
	Program string
	// Probes compare on one input each, some of them all: where a solution is slow on
	// one, they find out soon whether it is wrong on another. They are never
	// stricter, but for a solution that is right on an input only after others.
	Probes []Probe
}

// Probe is a program that compares on one input: the call that is made, for people.
type Probe struct{ Program, Call string }

// probes is how many inputs at most are probed.
const probes = 48

// Checks returns what decides whether a solution of p is right, one a level:
// EvalPlus runs a solution anew for the added inputs. Each runs the canonical
// solution beside the candidate.
func Checks(p problem.Problem, level Level) ([]Check, error) {
	if p.Canonical == "" || p.EntryPoint == "" {
		return nil, fmt.Errorf("%s: no canonical solution or no entry point", p.ID)
	}
	atol, err := tolerance(p)
	if err != nil {
		return nil, err
	}
	fields := []string{"base_input"}
	if level == Plus {
		fields = append(fields, "plus_input")
	}
	var checks []Check
	for _, field := range fields {
		inputs, err := collect(p, field)
		if err != nil {
			return nil, err
		}
		if len(inputs) == 0 {
			continue // a check that checks nothing passes everything
		}
		var check Check
		if check.Program, err = program(p, inputs, atol); err != nil {
			return nil, err
		}
		for k := range min(len(inputs), probes) {
			one := inputs[k*len(inputs)/min(len(inputs), probes)]
			// Among the others the tolerance of floats may be there already.
			probe, err := program(p, []json.RawMessage{one}, max(atol, floatTolerance))
			if err != nil {
				return nil, err
			}
			call := fmt.Sprintf("%s(%.200s)", p.EntryPoint, strings.TrimSuffix(strings.TrimPrefix(string(one), "["), "]"))
			check.Probes = append(check.Probes, Probe{probe, call})
		}
		checks = append(checks, check)
	}
	if len(checks) == 0 {
		return nil, fmt.Errorf("%s: no inputs to compare on", p.ID)
	}
	return checks, nil
}

// floatTolerance is EvalPlus's atol once an answer is a float.
const floatTolerance = 1e-6

func tolerance(p problem.Problem) (atol float64, err error) {
	if raw, ok := p.Extra["atol"]; ok {
		if err := json.Unmarshal(raw, &atol); err != nil {
			return 0, fmt.Errorf("%s: field %q: %w", p.ID, "atol", err)
		}
	}
	return atol, nil
}

// Why reads what a check's failed assertion says: the call, what was expected of
// it, and what came; false for another message.
func Why(detail string) (w problem.Wrong, ok bool) {
	detail = strings.TrimPrefix(place.ReplaceAllString(detail, ""), "AssertionError: ")
	parts := strings.Split(detail, separator)
	if len(parts) < 3 {
		return w, false
	}
	return problem.Wrong{Input: parts[0], Expected: parts[1], Got: strings.Join(parts[2:], separator)}, true
}

// place is where the check itself failed.
var place = regexp.MustCompile(` \(test\.py:\d+\)$`)

// separator is check.py's SYMBOL FOR UNIT SEPARATOR.
const separator = "\u241f"

func program(p problem.Problem, inputs []json.RawMessage, atol float64) (string, error) {
	all, err := json.Marshal(inputs)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.ID, err)
	}
	dataset, number := task(p.ID)
	return fmt.Sprintf("%s\n\n_coderm_evalplus(%s, %s, %s, %s, %d, %s, %s)\n", check, p.EntryPoint,
		literal(p.Canonical), literal(p.EntryPoint), literal(dataset), number, literal(string(all)),
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
