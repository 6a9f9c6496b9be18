// Package pairfile is how programs outside ask for verdicts: JSON Lines with a pair
// a line, each with an id, and a verdict a line in answer.
package pairfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"coderm/problem"
	"coderm/sandbox"
)

// Pair is a pair with the id that its verdict is to carry.
type Pair struct {
	ID json.RawMessage
	sandbox.Pair
}

// Bare gives the pairs without their ids.
func Bare(pairs []Pair) iter.Seq[sandbox.Pair] {
	return func(yield func(sandbox.Pair) bool) {
		for _, p := range pairs {
			if !yield(p.Pair) {
				return
			}
		}
	}
}

// Read reads a whole file (plain, .gz or .zst), before anything runs, so that bad
// input starts nothing.
func Read(path string) ([]Pair, error) {
	return collect(func(add func([]byte) error) error { return problem.Lines(path, add) })
}

// ReadFrom reads a stream; name is what errors call it.
func ReadFrom(r io.Reader, name string) ([]Pair, error) {
	return collect(func(add func([]byte) error) error { return problem.LinesFrom(r, name, add) })
}

func collect(each func(add func([]byte) error) error) (pairs []Pair, err error) {
	err = each(func(text []byte) error {
		p, err := Parse(text)
		pairs = append(pairs, p)
		return err
	})
	return pairs, err
}

// Parse reads one line, and says what is missing.
func Parse(text []byte) (Pair, error) {
	var l struct {
		ID       json.RawMessage `json:"id"`
		Solution *string         `json:"solution"`
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return Pair{}, err
	}
	switch {
	case len(l.ID) == 0:
		return Pair{}, errors.New(`no "id"`)
	case l.Solution == nil:
		return Pair{}, fmt.Errorf(`pair %s: no "solution"`, l.ID)
	}
	p := Pair{ID: l.ID}
	p.Solution = *l.Solution
	err := json.Unmarshal(text, &p.Test)
	if err == nil {
		err = sandbox.CanRun(p.Test)
	}
	if err != nil {
		return Pair{}, fmt.Errorf("pair %s: %w", l.ID, err)
	}
	return p, nil
}

// Verdict is one line of output.
type Verdict struct {
	ID       json.RawMessage `json:"id"`
	Kind     sandbox.Kind    `json:"verdict"`
	TestsRun int             `json:"tests_run"`
	Failures int             `json:"failures"`
	Errors   int             `json:"errors"`
	Fuel     uint64          `json:"fuel"`
	Detail   string          `json:"detail"`
}

// VerdictOf is the line of a pair's verdict.
func VerdictOf(p Pair, v sandbox.Verdict) Verdict {
	return Verdict{p.ID, v.Kind, v.TestsRun, v.Failures, v.Errors, v.Fuel, v.Detail}
}
