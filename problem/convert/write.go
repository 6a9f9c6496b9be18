package convert

import (
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
		writePart(filepath.Join(dir, problem.HiddenFile), s.Hidden))
}

// writePart writes no file for nothing.
func writePart[T any](path string, list []T) error {
	if len(list) == 0 {
		return nil
	}
	return problem.WriteLines(path, slices.Values(list))
}
