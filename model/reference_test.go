package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"coderm/model"
	"coderm/problem"
	"coderm/sandbox"
)

// Completions of all odd kinds give the tests that the reference implementation's own
// program gave for them. testdata/reference.jsonl was recorded by its
// preprocess/extract_unit_test.py (commit aa4946e) under CPython 3.11, less the lines
// that it adds to run a test.
func TestExtractReference(t *testing.T) {
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	completions, tests := 0, 0
	err = problem.Lines("testdata/reference.jsonl", func(line []byte) error {
		var l struct{ Completion, Test string }
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		completions++
		x, err := model.ExtractReference(t.Context(), l.Completion, box.Outlines)
		switch {
		case l.Test == "":
			if err == nil {
				t.Errorf("%q gave %q, want nothing", l.Completion, x.Tests[0].Code)
			}
			return nil
		case err != nil:
			t.Errorf("%q: %v", l.Completion, err)
			return nil
		}
		tests++
		if want := (problem.Test{Kind: problem.Unittest, Code: l.Test}); len(x.Tests) != 1 || x.Tests[0] != want {
			t.Errorf("%q gave\n%q, want\n%q", l.Completion, x.Tests, want.Code)
		}
		return nil
	})
	if err != nil || completions < 200 || tests < 100 {
		t.Errorf("%d completions with %d tests: %v", completions, tests, err)
	}
}

// A parser that fails is no reason to drop a completion.
func TestExtractReferenceFails(t *testing.T) {
	broken := errors.New("broken")
	_, err := model.ExtractReference(t.Context(), "```python\nx\n```", func(context.Context, []string) ([]problem.Outline, error) { return nil, broken })
	var outline *model.OutlineError
	if !errors.As(err, &outline) || !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func FuzzExtractReference(f *testing.F) {
	f.Add("```python\nimport unittest\nclass A(unittest.TestCase): #\n    pass\ndef f(): pass\n```")
	f.Add("```\n\nclass\u2028A#\v\ndef\n```")
	f.Fuzz(func(t *testing.T, completion string) {
		model.ExtractReference(t.Context(), completion, func(_ context.Context, texts []string) ([]problem.Outline, error) {
			return []problem.Outline{{Parses: true, Classes: []string{"A"}}, {Imports: []string{"import a"}}}, nil
		})
	})
}
