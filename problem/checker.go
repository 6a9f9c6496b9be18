package problem

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// Checker says when what a program prints is right. It is a problem's, for all of its
// tests of whole programs, or a single test's. Equal values are the same checker.
type Checker struct {
	Kind CheckerKind
	// Absolute and Relative are the errors that CheckTolerance allows; one of them is enough.
	Absolute, Relative float64
	// Source is the checker of kind CheckPython.
	Source string
	// Language is what a CheckUnsupported one is written in, or whatever else it needs.
	Language string
}

// CheckerKind is a rule of comparison.
type CheckerKind string

// The kinds of checkers.
const (
	// ByProblem is no rule: a test without one goes by its problem's, and where that has
	// none by CheckLines.
	ByProblem CheckerKind = ""
	// CheckLines: line by line as text; blanks at the end of a line and empty lines at the
	// end of the output do not matter.
	CheckLines CheckerKind = "lines"
	// CheckDecimals is LiveCodeBench's rule (lcb_runner/evaluation/testing_util.py): blanks
	// around the output and around each line do not matter, and a line that is not the
	// same text may be the same decimal numbers: 0.5 is 0.50000.
	CheckDecimals CheckerKind = "decimals"
	// CheckTolerance: word by word, wherever lines end; a number may have an error, and
	// anything else is the same text.
	CheckTolerance CheckerKind = "tolerance"
	// CheckUnordered: as CheckLines, but in any order.
	CheckUnordered CheckerKind = "unordered"
	// CheckPython is a program that is given three files, of the input, the output and the
	// answer, as testlib's checkers are. By its exit status the output is right (0),
	// wrong (1) or not in the form asked for (2); 3, and whatever else it comes to, is a
	// failure of the checker itself.
	CheckPython CheckerKind = "python"
	// CheckUnsupported is a checker that cannot run here. Nothing is compared in its place.
	CheckUnsupported CheckerKind = "unsupported"
)

// Judged is a test with the checker that it goes by: its own, or else the problem's.
func (p Problem) Judged(t Test) Test {
	if t.Kind == Stdio && t.Compare.Kind == ByProblem {
		t.Compare = p.Checker
	}
	return t
}

// Err says why there is no verdict on an output; nil where there is one.
func (c Checker) Err() error {
	if c.Kind == CheckUnsupported {
		return fmt.Errorf("the checker is %s, which does not run here", c.Language)
	}
	return nil
}

// checkerFields are a checker in a file, where a name does not say all.
type checkerFields struct {
	Kind     CheckerKind `json:"kind"`
	Absolute float64     `json:"absolute,omitempty"`
	Relative float64     `json:"relative,omitempty"`
	Source   string      `json:"source,omitempty"`
	Language string      `json:"language,omitempty"`
}

// MarshalJSON writes a checker: its kind's name where that says all, else an object.
func (c Checker) MarshalJSON() ([]byte, error) {
	if c == (Checker{Kind: c.Kind}) {
		return marshal(c.Kind)
	}
	return marshal(checkerFields(c))
}

// UnmarshalJSON reads a checker, and refuses what makes none.
func (c *Checker) UnmarshalJSON(b []byte) error {
	var f checkerFields
	if json.Unmarshal(b, &f.Kind) != nil {
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			return errors.New(`a checker is a name, or an object with "kind" and, as that wants, "absolute", "relative", "source" or "language"`)
		}
	}
	read := Checker(f)
	if err := read.check(); err != nil {
		return err
	}
	*c = read
	return nil
}

// check refuses what is no checker.
func (c Checker) check() error {
	only := Checker{Kind: c.Kind}
	switch c.Kind {
	case ByProblem, CheckLines, CheckDecimals, CheckUnordered:
	case CheckTolerance:
		only.Absolute, only.Relative = c.Absolute, c.Relative
		for _, e := range []float64{c.Absolute, c.Relative} {
			if !(e >= 0) || math.IsInf(e, 1) {
				return fmt.Errorf("a tolerance of %g is no error that a number may have", e)
			}
		}
		if c.Absolute == 0 && c.Relative == 0 {
			return errors.New(`a checker of kind "tolerance" needs "absolute" or "relative"`)
		}
	case CheckPython:
		if only.Source = c.Source; c.Source == "" {
			return errors.New(`a checker of kind "python" needs "source", its program`)
		}
	case CheckUnsupported:
		if only.Language = c.Language; c.Language == "" {
			return errors.New(`a checker of kind "unsupported" needs "language"`)
		}
	default:
		return fmt.Errorf("checker %q is unknown; use %s, %s, %s, %s, %s or %s", c.Kind, CheckLines, CheckDecimals, CheckTolerance, CheckUnordered, CheckPython, CheckUnsupported)
	}
	if c != only {
		return fmt.Errorf("a checker of kind %q has a field that belongs to another kind", c.Kind)
	}
	return nil
}

// Text is the checker in one column of a table: its kind, or its JSON where there is
// more to it.
func (c Checker) Text() string {
	if c == (Checker{Kind: c.Kind}) {
		return string(c.Kind)
	}
	b, err := c.MarshalJSON()
	if err != nil {
		panic(err) // finite numbers and texts always marshal
	}
	return string(b)
}

// ParseChecker reads what Text wrote.
func ParseChecker(text string) (c Checker, err error) {
	if len(text) == 0 || text[0] != '{' {
		c.Kind = CheckerKind(text)
		return c, c.check()
	}
	return c, c.UnmarshalJSON([]byte(text))
}
