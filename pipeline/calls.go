package pipeline

import (
	"slices"

	"coderm/journal"
	"coderm/model"
	"coderm/problem"
	"coderm/problem/literal"
	"coderm/problem/mutate"
	"coderm/rerank"
)

// CallsVersion is raised with every change of which calls a run observes, and how long
// it waits for them.
const CallsVersion = 3

const (
	// maxCalls is how many calls of tests are observed for a problem.
	maxCalls = 60
	// mostlyFail: a call says nothing on which this part of the solutions, or more,
	// return nothing. It is outside of what they accept.
	mostlyFail = 0.9
)

// NewCalls lists the calls to observe beside those that are known: the ones that
// tests make, up to a bound, and, where none is known yet, so many mutations of all.
func NewCalls(known []journal.Test, made []string, mutations int, seed uint64, taskID string) (calls []journal.Test) {
	seen := map[string]bool{}
	var parts [2]int // by generation
	var seeds []literal.Call
	add := func(generation int, text string) {
		text, c := normal(text)
		if seen[text] || generation == problem.OfTests && parts[generation] == maxCalls {
			return
		}
		seen[text] = true
		if c != nil && generation == problem.OfTests {
			seeds = append(seeds, *c)
		}
		at := problem.Origin{Source: problem.Observed, Generation: generation, Part: parts[generation]}
		calls = append(calls, journal.Test{Origin: at, Test: problem.Test{Kind: problem.Call, Input: text}})
		parts[generation]++
	}
	for _, t := range known {
		add(t.Generation, t.Input)
	}
	before := len(calls)
	for _, text := range made {
		add(problem.OfTests, text)
	}
	if parts[problem.Mutated] == 0 {
		for _, c := range mutate.Calls(seeds, mutations, seed, taskID) {
			add(problem.Mutated, c.String())
		}
	}
	return calls[before:]
}

// NewInputs lists the inputs of programs to observe beside those that are known: the ones
// of tests, up to a bound, and those that a generator printed.
func NewInputs(known []journal.Test, ofTests, generated []string) (inputs []journal.Test) {
	seen := map[string]bool{}
	var parts [2]int // by generation
	for _, t := range known {
		seen[t.Input] = true
		parts[t.Generation]++
	}
	for generation, texts := range [][]string{problem.OfTests: ofTests, problem.Mutated: generated} {
		for _, text := range texts {
			if seen[text] || generation == problem.OfTests && parts[generation] == maxCalls {
				continue
			}
			seen[text] = true
			at := problem.Origin{Source: problem.Observed, Generation: generation, Part: parts[generation]}
			inputs = append(inputs, journal.Test{Origin: at, Test: problem.Test{Kind: problem.Stdin, Input: text}})
			parts[generation]++
		}
	}
	return inputs
}

// normal is a call's text however it was written, and the call if its arguments are
// literals.
func normal(text string) (string, *literal.Call) {
	c, err := literal.ParseCall(text)
	if err != nil {
		return text, nil
	}
	return c.String(), &c
}

// Observed is a call and what each row made of it.
type Observed struct {
	problem.Origin
	Call string
	Rows []problem.Observation
}

// Telling are the calls that say something of the solutions.
func Telling(all []Observed) (out []Observed) {
	for _, o := range all {
		run, returned := 0, 0
		for _, seen := range o.Rows {
			switch seen.Ending {
			case problem.Returned:
				run++
				returned++
			case problem.Raised, problem.TimedOut:
				run++
			}
		}
		if float64(run-returned) < mostlyFail*float64(run) {
			out = append(out, o)
		}
	}
	return out
}

// FromTests is how many of the calls tests make.
func FromTests(calls []Observed) (n int) {
	for _, o := range calls {
		if o.Generation == problem.OfTests {
			n++
		}
	}
	return n
}

// Outputs are observed calls as selectors see them, of so many rows; nil when there
// are none. by has for each column of the matrix the calls that it makes.
func Outputs(calls []Observed, rows int, by [][]int) *rerank.Outputs {
	if len(calls) == 0 {
		return nil
	}
	class, kind := make([][]int, rows), make([][]rerank.Kind, len(calls))
	for i := range class {
		class[i] = make([]int, len(calls))
	}
	for c, o := range calls {
		of, endings := problem.Classes(o.Rows)
		for i, k := range of {
			class[i][c] = k
		}
		for _, e := range endings {
			kind[c] = append(kind[c], kinds[e])
		}
	}
	out, err := rerank.NewOutputs(class, kind)
	if err == nil {
		err = out.MadeBy(by)
	}
	if err != nil {
		panic("pipeline: " + err.Error()) // they are made of each other just above
	}
	return out
}

var kinds = map[problem.Ending]rerank.Kind{
	problem.Returned: rerank.Returned, problem.Raised: rerank.Raised, problem.TimedOut: rerank.TimedOut, problem.NotLoaded: rerank.NotLoaded,
}

// ByText gives for each test the calls that it makes, by their place, where its text
// says that: an assert's, a program's, and an input alone.
func ByText(calls []Observed, tests []problem.Test, entryPoint string) [][]int {
	at := map[string]int{}
	for c, o := range calls {
		if o.Generation == problem.OfTests {
			at[o.Call] = c
		}
	}
	by := make([][]int, len(tests))
	for j, test := range tests {
		var made []string
		switch test.Kind {
		case problem.Assert:
			made = model.Calls(test.Code, entryPoint)
		case problem.Call, problem.Stdio, problem.Stdin:
			made = []string{test.Input}
		}
		for _, text := range made {
			if test.Kind == problem.Call || test.Kind == problem.Assert {
				text, _ = normal(text)
			}
			if c, ok := at[text]; ok && !slices.Contains(by[j], c) {
				by[j] = append(by[j], c)
			}
		}
	}
	return by
}
