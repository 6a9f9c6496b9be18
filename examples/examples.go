// Package examples holds the bundled problems: a dozen of HumanEval's and
// MBPP's kind, each with candidate solutions right and wrong, and a hidden
// check that tells them apart; and problems of contests, whose solutions are whole
// programs. `coderm example` writes them out.
package examples

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"coderm/problem"
)

//go:embed problems/*.txtar
var functions embed.FS

// Load returns the bundled problems that ask for a function, and the solutions of each.
// Solutions come in an order that says nothing about which are right; Label tells.
func Load() (problems []problem.Problem, solutions [][]problem.Solution, err error) {
	err = each(functions, "problems", func(name string, a *txtar.Archive) error {
		p, s, err := parse(name, a)
		problems, solutions = append(problems, p), append(solutions, s)
		return err
	})
	return problems, solutions, err
}

// each parses the files of a folder, in the order of their names.
func each(files embed.FS, dir string, parse func(name string, a *txtar.Archive) error) error {
	names, err := fs.Glob(files, dir+"/*.txtar")
	if err != nil {
		return err
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err == nil {
			err = parse(strings.TrimSuffix(path.Base(name), ".txtar"), txtar.Parse(data))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func parse(name string, a *txtar.Archive) (problem.Problem, []problem.Solution, error) {
	p := problem.Problem{ID: "example/" + name, EntryPoint: name}
	var right, wrong []problem.Solution
	for _, f := range a.Files {
		text := string(f.Data)
		dir, _ := path.Split(f.Name)
		switch {
		case f.Name == "prompt.py":
			p.Prompt, p.Question = text, text
		case f.Name == "check.py":
			p.Check = text
		case dir == "right/":
			right = append(right, labelled(p.ID, text, true))
		case dir == "wrong/":
			wrong = append(wrong, labelled(p.ID, text, false))
		default:
			return p, nil, fmt.Errorf("unexpected section %q", f.Name)
		}
	}
	if p.Prompt == "" || p.Check == "" || len(right) == 0 {
		return p, nil, fmt.Errorf("sections prompt.py and check.py and one below right/ are needed")
	}
	p.Canonical = right[0].Code
	solutions := interleave(wrong, right)
	for k := range solutions {
		solutions[k].Index = k
	}
	return p, solutions, nil
}

func labelled(id, code string, right bool) problem.Solution {
	return problem.Solution{TaskID: id, Code: code, Label: &right}
}

// interleave takes from the lists in turn, as a file of samples would have them mixed.
func interleave[T any](lists ...[]T) (out []T) {
	for i := 0; ; i++ {
		before := len(out)
		for _, list := range lists {
			if i < len(list) {
				out = append(out, list[i])
			}
		}
		if len(out) == before {
			return out
		}
	}
}
