// Package codegen16b reads the measured pass matrix of CodeGen-16B's solutions
// and tests for HumanEval, which the sandbox is compared with and timed on. The
// data are not part of the repository.
package codegen16b

import (
	"encoding/json"
	"errors"
	"fmt"

	"coderm/problem"
)

// File is the name of the data file.
const File = "humaneval-codegen16b.jsonl.zst"

// Problem is one HumanEval problem with what the model wrote for it.
type Problem struct {
	TaskID      string   `json:"task_id"`
	EntryPoint  string   `json:"entry_point"`
	Prompt      string   `json:"prompt"`
	Check       string   `json:"check"`
	Solutions   []string `json:"solutions"`   // bodies: a program is Prompt + body
	SampleOf    []int    `json:"sample_of"`   // the solution that each of 100 samples is
	Tests       []string `json:"tests"`       // assert statements
	Generations [][]int  `json:"generations"` // tests that came from one completion
	Truth       string   `json:"truth"`       // a digit for each solution
	Matrix      []string `json:"matrix"`      // [solutions][tests] digits
}

// The digits of Truth and Matrix, as native CPython 3.11 gave them.
const (
	Fail    = '0' // AssertionError
	Pass    = '1'
	Error   = '2' // any other exception
	Timeout = '3' // 0.1 s of CPU, or given up after 25 timeouts in a row
	Dead    = '4' // the solution failed to load, or died
)

// Programs are the solutions as whole programs.
func (p *Problem) Programs() []string {
	out := make([]string, len(p.Solutions))
	for i, s := range p.Solutions {
		out[i] = p.Prompt + s
	}
	return out
}

// Asserts are the tests.
func (p *Problem) Asserts() []problem.Test {
	out := make([]problem.Test, len(p.Tests))
	for j, code := range p.Tests {
		out[j] = problem.Test{Kind: problem.Assert, Code: code}
	}
	return out
}

// Load reads the first n problems; all when n is 0.
func Load(path string, n int) ([]Problem, error) {
	var out []Problem
	errEnough := errors.New("enough")
	err := problem.Lines(path, func(line []byte) error {
		var p Problem
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		if len(p.Matrix) != len(p.Solutions) {
			return fmt.Errorf("%s: %d rows for %d solutions", p.TaskID, len(p.Matrix), len(p.Solutions))
		}
		if out = append(out, p); len(out) == n {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, err
}
