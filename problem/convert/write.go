package convert

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"coderm/internal/badinput"
	"coderm/problem"
)

// Write writes the parts that there are into a folder, which it makes.
func (s *Set) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return badinput.Mark(err)
	}
	return errors.Join(
		writePart(filepath.Join(dir, problem.ProblemsFile), s.Problems),
		writePart(filepath.Join(dir, problem.SolutionsFile), s.Solutions),
		writePart(filepath.Join(dir, problem.TestsFile), s.Tests),
		writePart(filepath.Join(dir, problem.HiddenFile), s.Hidden),
		writePart(filepath.Join(dir, problem.ShownFile), s.shown()))
}

// shown are the solutions that the problems' own prompts showed.
func (s *Set) shown() (out []problem.Solution) {
	for _, p := range s.Problems {
		var code string
		if json.Unmarshal(p.Extra[promptSolution], &code) == nil {
			out = append(out, problem.Solution{TaskID: p.ID, Code: code})
		}
	}
	return out
}

// writePart writes no file for nothing.
func writePart[T any](path string, list []T) error {
	if len(list) == 0 {
		return nil
	}
	return problem.WriteLines(path, slices.Values(list))
}
