package eval

import (
	"fmt"

	"coderm/passfile"
)

// ReadMatrices reads the problems of a pass matrix file, with its labels.
func ReadMatrices(path string, label passfile.Label) ([]Problem, error) {
	var out []Problem
	err := passfile.Read(path, func(l *passfile.Line) error {
		p, err := problemOf(l, label)
		if err == nil {
			out = append(out, p)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: no problems in it", path)
	}
	return out, err
}

// ReadLabelled reads several files; public is the scores.jsonl of a run that has
// their public tests, if any.
func ReadLabelled(paths []string, label passfile.Label, public string) ([]Problem, error) {
	var out []Problem
	for _, path := range paths {
		problems, err := ReadMatrices(path, label)
		if err != nil {
			return nil, err
		}
		out = append(out, problems...)
	}
	if public != "" {
		if err := AddPublic(out, public); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func problemOf(l *passfile.Line, label passfile.Label) (Problem, error) {
	e, err := l.Evidence()
	if err != nil {
		return Problem{}, err
	}
	right, err := l.Right(label)
	if err != nil {
		return Problem{}, err
	}
	chosen := -1
	if l.Chosen != nil && *l.Chosen < len(l.Samples()) {
		chosen = *l.Chosen
	}
	return Problem{ID: l.TaskID, Chosen: chosen, Evidence: e, Samples: l.Samples(), Right: right, Drawn: l.Drawn(), MutatedFrom: l.MutatedFrom()}, nil
}
