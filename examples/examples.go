// Package examples holds the bundled problems: a dozen of HumanEval's and
// MBPP's kind, each with candidate solutions right and wrong, and a hidden
// check that tells them apart. `coderm example` writes them out.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"coderm/internal/badinput"
	"coderm/problem"
)

//go:embed problems/*.txtar
var files embed.FS

// Load returns the bundled problems and the solutions of each. Solutions come
// in an order that says nothing about which are right; Label tells.
func Load() ([]problem.Problem, [][]problem.Solution, error) {
	names, err := fs.Glob(files, "problems/*.txtar")
	if err != nil {
		return nil, nil, err
	}
	var problems []problem.Problem
	var solutions [][]problem.Solution
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		p, s, err := parse(strings.TrimSuffix(path.Base(name), ".txtar"), txtar.Parse(data))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		problems = append(problems, p)
		solutions = append(solutions, s)
	}
	return problems, solutions, nil
}

func parse(name string, a *txtar.Archive) (problem.Problem, []problem.Solution, error) {
	p := problem.Problem{ID: "example/" + name, EntryPoint: name}
	var byLabel [2][]problem.Solution
	for _, f := range a.Files {
		text := string(f.Data)
		dir, _ := path.Split(f.Name)
		switch {
		case f.Name == "prompt.py":
			p.Prompt, p.Question = text, text
		case f.Name == "check.py":
			p.Check = text
		case dir == "right/" || dir == "wrong/":
			right := dir == "right/"
			k := 0
			if right {
				k = 1
			}
			byLabel[k] = append(byLabel[k], problem.Solution{TaskID: p.ID, Code: text, Label: &right})
		default:
			return p, nil, fmt.Errorf("unexpected section %q", f.Name)
		}
	}
	if p.Prompt == "" || p.Check == "" || len(byLabel[1]) == 0 {
		return p, nil, fmt.Errorf("sections prompt.py and check.py and one below right/ are needed")
	}
	p.Canonical = byLabel[1][0].Code
	return p, interleave(byLabel[0], byLabel[1]), nil
}

// interleave takes from both lists in turn, wrong ones first, as a file of
// samples would have them mixed.
func interleave(a, b []problem.Solution) []problem.Solution {
	var out []problem.Solution
	for i := range max(len(a), len(b)) {
		for _, list := range [][]problem.Solution{a, b} {
			if i < len(list) {
				s := list[i]
				s.Index = len(out)
				out = append(out, s)
			}
		}
	}
	return out
}

// Write writes the problems and solutions as input files into a folder, which it
// makes, and says how many there are.
func Write(dir string) (problems, solutions int, err error) {
	list, groups, err := Load()
	if err != nil {
		return 0, 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, 0, badinput.Mark(err)
	}
	if err := problem.WriteLines(filepath.Join(dir, problem.ProblemsFile), slices.Values(list)); err != nil {
		return 0, 0, err
	}
	all := slices.Concat(groups...)
	for i := range all {
		all[i].Label = nil // the check decides, as it would for the user's own
	}
	return len(list), len(all), problem.WriteLines(filepath.Join(dir, problem.SolutionsFile), slices.Values(all))
}
