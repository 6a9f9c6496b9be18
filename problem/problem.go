// Package problem holds the nouns every other package speaks in: problems,
// candidate solutions and unit tests, and their JSONL files.
package problem

import "encoding/json"

// Problem is one programming task.
type Problem struct {
	// ID is the task_id, unique in a file (e.g. "HumanEval/0").
	ID string
	// Question is the text a model is shown. For HumanEval it is the prompt:
	// signature and docstring.
	Question string
	// Prompt is the code a bare completion continues; a solution given as a
	// completion becomes the program Prompt + completion. Empty when solutions
	// are always whole programs.
	Prompt string
	// EntryPoint is the name of the function asked for; may be empty.
	EntryPoint string
	// Prelude is code that runs before every solution, in the same module, as some
	// benchmarks' own harnesses have it; empty for most.
	Prelude string
	// Canonical is a reference solution (a whole program), if the file has one.
	Canonical string
	// Check is the hidden ground-truth test (a whole test program that sees the
	// solution's names), if the file has one. It is never shown to the model.
	Check string
	// Public are tests that anyone who solves the problem may see. Nil when the file
	// has none: then the examples of the question count (problem/public).
	Public []Test
	// TimeLimit is how long a program that reads standard input may take for one
	// input, in seconds of native CPython; 0: the problem does not say.
	TimeLimit float64
	// Generator is a Python program that prints an input, another for another seed, which
	// it finds in sys.argv[1]; Validator one that reads an input and ends with exit status
	// 0 if the problem allows it. Empty where the problem has none.
	Generator, Validator string
	// Checker says when what a program prints is right, for tests that have no checker
	// of their own.
	Checker Checker
	// Platform is where the problem comes from (e.g. "codeforces") and Difficulty how
	// hard it is said to be there (e.g. "medium", "1400"); empty where the file does not
	// say. They decide nothing.
	Platform, Difficulty string
	// Extra keeps the fields this program does not know, so that writing a
	// problem back loses nothing.
	Extra map[string]json.RawMessage
}

// SecondFuel is the sandbox's fuel for a second of a time limit: more than what native
// CPython 3.13 does in a second comes to there in any contest program that was measured
// (docs/sandbox.md), so that no program that is in time natively is too slow.
const SecondFuel = 50_000_000_000

// Fuel is what a program may use on a test by the problem's time limit; 0 where the
// problem has none, or the test is not one of a whole program.
func (p Problem) Fuel(t Test) uint64 {
	if t.Kind != Stdio && t.Kind != Stdin {
		return 0
	}
	return uint64(min(p.TimeLimit, 3600) * SecondFuel)
}

// Program is what runs for a solution: the prelude and the solution's code.
func (p Problem) Program(code string) string {
	if p.Prelude == "" {
		return code
	}
	return p.Prelude + "\n" + code
}

// Solution is one candidate program for a problem.
type Solution struct {
	TaskID string
	// Index is the position among the problem's solutions, from 0.
	Index int
	// Code is the whole program, in function format (definitions at top level).
	Code string
	// Label is the known truth, nil when the file gives none.
	Label *bool
	Extra map[string]json.RawMessage
}

// TestLine is a test as a file of tests has it: with its problem and where it came
// from.
type TestLine struct {
	TaskID string
	// Index is the position among the problem's tests, from 0.
	Index int
	Test
	// Generation groups the tests that came from one completion: together they
	// are one unit of budget. Nil means the test stands alone.
	Generation *int
	// Meta records where the test came from (nil for tests given in a file).
	Meta *Sampled
}

// Sampled is the provenance of a generated test; with the same model file,
// seed and batch shape the same text comes out again.
type Sampled struct {
	Seed       uint64  `json:"seed"`
	Tokens     int     `json:"tokens"`
	Finish     string  `json:"finish"`
	LogProb    float64 `json:"logprob"`
	Shape      string  `json:"shape"`
	Model      string  `json:"model"`
	Solution   int     `json:"prompt_solution"`
	Completion string  `json:"completion,omitempty"`
	// Cut lists what of the completion is in no test.
	Cut []Cut `json:"cut,omitempty"`
}

// CutForbidden is why an input is in no test that the problem does not allow, one Cut
// each: those of a generator are the lines of the program.
const CutForbidden = "an input that the problem does not allow"

// Cut is a range of a completion's lines, from 1, and why no test has them.
type Cut struct {
	First int    `json:"first"`
	Last  int    `json:"last"`
	Why   string `json:"why"`
}
