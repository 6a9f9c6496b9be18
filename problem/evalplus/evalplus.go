// Package evalplus turns the inputs of EvalPlus's problem files (HumanEval+,
// MBPP+) into test programs of hidden ground truth.
package evalplus

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
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
	// Probes compare on one input each, some of them all, but for the first, which
	// compares on all from the smallest to the largest: where a solution is slow on one,
	// they find out soon whether it is wrong on another. They are never stricter, but for
	// a solution that is right on an input only after others.
	Probes []Probe
	// Hardest is on the largest input.
	Hardest Probe
	// Outputs is a program that prints what Known makes use of: what the canonical
	// solution gives, so that it need not run beside each candidate.
	Outputs string

	problem problem.Problem
	inputs  []json.RawMessage
	atol    float64
}

// Probe is a program that compares on one input and the call that is made, for people; or
// on several, and no call.
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
		check := Check{problem: p, inputs: inputs, atol: atol}
		if err := check.write(nil); err != nil {
			return nil, err
		}
		checks = append(checks, check)
	}
	if len(checks) == 0 {
		return nil, fmt.Errorf("%s: no inputs to compare on", p.ID)
	}
	return checks, nil
}

// write writes the programs; known is what is known of the canonical solution's output
// on each input, nil before that.
func (c *Check) write(known []*string) (err error) {
	if c.Program, err = program(c.problem, c.problem.EntryPoint, c.inputs, c.atol, known); err != nil {
		return err
	}
	if c.Outputs, err = program(c.problem, "None", c.inputs, c.atol, nil); err != nil {
		return err
	}
	bySize := c.bySize()
	if c.Hardest, err = c.probe(known, bySize[len(bySize)-1]); err != nil {
		return err
	}
	all, err := c.probe(known, bySize...)
	if err != nil {
		return err
	}
	c.Probes = []Probe{all}
	for k := range min(len(c.inputs), probes) {
		probe, err := c.probe(known, k*len(c.inputs)/min(len(c.inputs), probes))
		if err != nil {
			return err
		}
		c.Probes = append(c.Probes, probe)
	}
	return nil
}

// probe is the check on some of the inputs.
func (c *Check) probe(known []*string, which ...int) (p Probe, err error) {
	var inputs []json.RawMessage
	var its []*string
	for _, at := range which {
		inputs = append(inputs, c.inputs[at])
		if known != nil {
			its = append(its, known[at])
		}
	}
	// Among the others the tolerance of floats may be there already.
	p.Program, err = program(c.problem, c.problem.EntryPoint, inputs, max(c.atol, floatTolerance), its)
	if len(which) == 1 {
		p.Call = fmt.Sprintf("%s(%.200s)", c.problem.EntryPoint, strings.TrimSuffix(strings.TrimPrefix(string(inputs[0]), "["), "]"))
	}
	return p, err
}

// bySize lists the inputs from the smallest to the largest.
func (c *Check) bySize() []int {
	sizes, order := make([]float64, len(c.inputs)), make([]int, len(c.inputs))
	for at, input := range c.inputs {
		sizes[at], order[at] = size(input), at
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sizes[a], sizes[b]) })
	return order
}

// size is about how much there is to an input: characters, and numbers by their digits.
func size(input json.RawMessage) (n float64) {
	in := json.NewDecoder(bytes.NewReader(input))
	for {
		token, err := in.Token()
		if err != nil {
			return n
		}
		switch v := token.(type) {
		case string:
			n += 1 + float64(len(v))
		case float64:
			n += 1 + math.Log2(1+math.Abs(v))
		}
	}
}

// Known is the same check with the canonical solution's outputs, of what Outputs has
// printed, and how long the longest of its calls takes, in seconds of native CPython.
func (c Check) Known(printed []byte) (_ Check, longest float64, err error) {
	var out struct {
		Nanoseconds float64
		Known       []*string
	}
	lines := bytes.Split(bytes.TrimSpace(printed), []byte("\n")) // the solution may print, too
	if err := json.Unmarshal(lines[len(lines)-1], &out); err != nil || len(out.Known) != len(c.inputs) {
		return c, 0, fmt.Errorf("%s: the canonical solution's outputs are %.100q: %w", c.problem.ID, lines[len(lines)-1], err)
	}
	return c, out.Nanoseconds / 1e9, c.write(out.Known)
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

// program compares a candidate, by its name; None prints instead.
func program(p problem.Problem, candidate string, inputs []json.RawMessage, atol float64, known []*string) (string, error) {
	all, err := json.Marshal(inputs)
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.ID, err)
	}
	outputs := "None"
	if known != nil {
		outputs = list(known)
	}
	dataset, number := task(p.ID)
	return fmt.Sprintf("%s\n\n_coderm_evalplus(%s, %s, %s, %s, %d, %s, %s, %s)\n", check, candidate,
		literal(p.Canonical), literal(p.EntryPoint), literal(dataset), number, literal(string(all)),
		strconv.FormatFloat(atol, 'g', -1, 64), outputs), nil
}

// list writes what is known of outputs as a Python list: a value as the one element
// of a tuple, a hash as a string.
func list(known []*string) string {
	var b strings.Builder
	for _, k := range known {
		switch {
		case k == nil:
			b.WriteString("None, ")
		case strings.HasPrefix(*k, "#"):
			b.WriteString(literal(*k) + ", ")
		default:
			b.WriteString("(" + *k + ",), ")
		}
	}
	return "[" + b.String() + "]"
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
