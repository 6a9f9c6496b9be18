package problem

import (
	"encoding/json"
	"fmt"
)

// Index finds the problems of a file by task_id: what is needed of them to read
// the files that go with it. It takes some hundred bytes a problem, whatever the
// problem's own size.
type Index struct {
	IDs  []string // in the file's order
	byID map[string]int
}

// NewIndex is the index of problems in memory.
func NewIndex(problems []Problem) *Index {
	ix := &Index{byID: make(map[string]int, len(problems))}
	for _, p := range problems {
		ix.add(p.ID)
	}
	return ix
}

func (ix *Index) add(id string) {
	ix.byID[id] = len(ix.IDs)
	ix.IDs = append(ix.IDs, id)
}

// Find is a problem's place in the file.
func (ix *Index) Find(id string) (int, error) {
	k, ok := ix.byID[id]
	if !ok {
		return 0, fmt.Errorf("task_id %q is not in the problems file", id)
	}
	return k, nil
}

// EachProblem hands over the problems of a file one by one, each with its place
// from 0. Every task_id must be unique.
func (in *Input) EachProblem(yield func(k int, p Problem) error) (*Index, error) {
	ix := NewIndex(nil)
	err := in.Lines(func(line []byte) error {
		var p Problem
		if err := json.Unmarshal(line, &p); err != nil {
			return err
		}
		if _, there := ix.byID[p.ID]; there {
			return fmt.Errorf("task_id %q is there twice", p.ID)
		}
		ix.add(p.ID)
		return yield(len(ix.IDs)-1, p)
	})
	if err == nil && len(ix.IDs) == 0 {
		err = fmt.Errorf("%s: no problems in it", in.name)
	}
	return ix, err
}

// EachSolution hands over the solutions of a file one by one, with the place of
// their problem; prompt gives that problem's Prompt, for completions of it.
func (in *Input) EachSolution(ix *Index, prompt func(k int) (string, error), yield func(k int, s Solution) error) error {
	count := make([]int, len(ix.IDs))
	total := 0
	err := in.Lines(func(line []byte) error {
		id, codes, label, extra, err := parseSolution(line)
		if err != nil {
			return err
		}
		k, err := ix.Find(id)
		if err != nil {
			return err
		}
		for _, c := range codes {
			if c.continues {
				text, err := prompt(k)
				if err != nil {
					return err
				}
				if text == "" {
					return fmt.Errorf(`problem %q has no "prompt" for a "completion" to continue; give "solution"`, id)
				}
				c.text = text + c.text
			}
			s := Solution{TaskID: id, Index: count[k], Code: c.text, Label: label, Extra: extra}
			if err := yield(k, s); err != nil {
				return err
			}
			count[k]++
			total++
		}
		return nil
	})
	if err == nil && total == 0 {
		err = fmt.Errorf("%s: no solutions in it", in.name)
	}
	return err
}

// EachTest hands over the tests of a file one by one, with the place of their
// problem.
func (in *Input) EachTest(ix *Index, yield func(k int, t TestLine) error) error {
	count := make([]int, len(ix.IDs))
	total := 0
	err := in.Lines(func(line []byte) error {
		tests, err := parseTests(line)
		if err != nil {
			return err
		}
		for _, t := range tests {
			k, err := ix.Find(t.TaskID)
			if err != nil {
				return err
			}
			t.Index = count[k]
			if err := yield(k, t); err != nil {
				return err
			}
			count[k]++
			total++
		}
		return nil
	})
	if err == nil && total == 0 {
		err = fmt.Errorf("%s: no tests in it", in.name)
	}
	return err
}
