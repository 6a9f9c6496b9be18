// Package passfile reads and writes pass matrix files: JSON Lines, a problem a
// line, with what every test did with every solution. A run's scores.jsonl is
// one, and recorded data sets come as such. docs/evaluation.md describes the
// format.
package passfile

import (
	"encoding/json"
	"errors"
	"strings"

	"coderm/problem"
)

// Line is one problem. Rows are its distinct solutions; columns are the smallest
// things that pass or fail alone, test methods or asserts.
//
// Only TaskID and Matrix have to be there. Selector, Chosen, Tied, Scores,
// PublicTests, Cut, Partial and Missing are a run's own: where another program has
// something else by one of these names, they all stay empty. Outputs, Kinds,
// Observed and Claims are anybody's, and stay empty where they are something else.
type Line struct {
	TaskID   string  `json:"task_id"`
	Selector string  `json:"selector,omitempty"`
	Chosen   *int    `json:"chosen,omitempty"` // index of a sample; nil for no choice
	Tied     int     `json:"tied,omitempty"`   // samples the choice was drawn from
	Scores   []Score `json:"solutions,omitempty"`
	// SampleOf gives the row of each sample, in the order they were drawn; nil
	// when every row is one sample.
	SampleOf []int `json:"sample_of"`
	// Tests name the columns where a run wrote the file. In other files they may
	// be the columns' texts, or be absent.
	Tests []Test `json:"tests"`
	// Generations has the columns of each generated test, the unit of budget; a
	// column may be in several, or twice in one. An empty one is a completion
	// that gave no test. nil when every column is a generated test.
	Generations [][]int `json:"generations"`
	// Matrix has a string a row, a digit a column; see Digits.
	Matrix []string `json:"matrix"`
	// PublicTests are the examples that the problem states itself, and Public has
	// a digit for each, by row.
	PublicTests []problem.Test `json:"public_tests,omitempty"`
	Public      []string       `json:"public,omitempty"`
	// Outputs has the class of what each row did on each call, rows × calls, from 0
	// within a call and -1 where it was not observed; Kinds has a letter for each
	// class of a call, see kindLetters. Both or none.
	Outputs [][]int  `json:"outputs,omitempty"`
	Kinds   []string `json:"kinds,omitempty"`
	// Observed says where the calls come from; nil where the file does not say.
	Observed *Observed `json:"observed,omitempty"`
	// Claims has for each column the calls that it makes and that were observed; nil
	// where the file does not say.
	Claims []Claims `json:"claims,omitempty"`
	// Platform and Difficulty are the problem's, where a run wrote the file.
	Platform   string `json:"platform,omitempty"`
	Difficulty string `json:"difficulty,omitempty"`
	// Truth has a digit a row: 1 is right, any other wrong; empty when the truth is
	// not known. TruthBase is the same by the original benchmark's fewer tests.
	Truth     string `json:"truth,omitempty"`
	TruthBase string `json:"truth_base,omitempty"`
	// Dropped are a run's completions that gave no test.
	Dropped []Dropped `json:"dropped,omitempty"`
	// Cut lists what of the completions is in no test.
	Cut []Cut `json:"cut,omitempty"`
	// Partial says that some cells are missing by the sandbox's fault.
	Partial bool `json:"partial,omitempty"`
	// Missing is why completions are missing: a prompt that does not fit the
	// context, a server that refuses it.
	Missing string `json:"missing,omitempty"`
}

// Score is one sample's standing.
type Score struct {
	Solution int     `json:"solution"` // index of the sample
	Score    float64 `json:"score"`    // finite; the selector's own scale
	Rank     int     `json:"rank"`     // 0 for the winners; equal ranks are ties
	Passed   int     `json:"passed"`   // columns
}

// Test is one column: a generated test, or one method (Class.method) or function
// of it. What the test is stands with its first column only.
type Test struct {
	Generation int    `json:"generation"` // from 0
	Method     string `json:"method,omitempty"`
	problem.TestFields
}

// Dropped is a completion that gave no test, and why.
type Dropped struct {
	Generation int    `json:"generation"`
	Reason     string `json:"reason"`
	Completion string `json:"completion"`
}

// Cut is a part of a completion that is in no test, its text shortened.
type Cut struct {
	Generation int `json:"generation"`
	problem.Cut
	Text string `json:"text"`
}

// UnmarshalJSON reads a line, of a run or of another program.
func (l *Line) UnmarshalJSON(b []byte) error {
	type line Line
	*l = Line{}
	err := json.Unmarshal(b, (*line)(l))
	var typ *json.UnmarshalTypeError
	if err == nil || errors.As(err, &typ) && typ.Field == "" {
		return err
	}
	*l = Line{}
	other := struct {
		*line
		Selector    json.RawMessage   `json:"selector"`
		Chosen      json.RawMessage   `json:"chosen"`
		Tied        json.RawMessage   `json:"tied"`
		Scores      json.RawMessage   `json:"solutions"`
		PublicTests json.RawMessage   `json:"public_tests"`
		Outputs     json.RawMessage   `json:"outputs"`
		Kinds       json.RawMessage   `json:"kinds"`
		Observed    json.RawMessage   `json:"observed"`
		Claims      json.RawMessage   `json:"claims"`
		Cut         json.RawMessage   `json:"cut"`
		Partial     json.RawMessage   `json:"partial"`
		Missing     json.RawMessage   `json:"missing"`
		Platform    json.RawMessage   `json:"platform"`
		Difficulty  json.RawMessage   `json:"difficulty"`
		Tests       []json.RawMessage `json:"tests"`
		Dropped     []json.RawMessage `json:"dropped"`
	}{line: (*line)(l)}
	err = json.Unmarshal(b, &other)
	if errors.As(err, &typ) {
		typ.Field = strings.TrimPrefix(typ.Field, "line.") // no word of the files
	}
	l.Tests, l.Dropped = asFarAsRead[Test](other.Tests), asFarAsRead[Dropped](other.Dropped)
	for _, part := range []struct {
		text json.RawMessage
		into any
	}{{other.Outputs, &l.Outputs}, {other.Kinds, &l.Kinds}, {other.Observed, &l.Observed}, {other.Claims, &l.Claims}} {
		if part.text != nil && json.Unmarshal(part.text, part.into) != nil {
			l.Outputs, l.Kinds, l.Observed, l.Claims = nil, nil, nil, nil
			break
		}
	}
	for j, text := range other.Tests {
		if l.Tests[j] == (Test{}) {
			_ = json.Unmarshal(text, &l.Tests[j].Code)
		}
	}
	return err
}

// asFarAsRead takes of each element what it has of a T, be it nothing: their
// number counts.
func asFarAsRead[T any](elements []json.RawMessage) []T {
	if elements == nil {
		return nil
	}
	out := make([]T, len(elements))
	for i, e := range elements {
		_ = json.Unmarshal(e, &out[i]) // the fields of the right type are set
	}
	return out
}
