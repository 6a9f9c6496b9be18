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

// ReadRecorded reads a run's pass matrices with the truth that the run knows. A problem
// whose truth it does not know is excluded.
func ReadRecorded(path string) (problems []Problem, excluded []Excluded, err error) {
	err = passfile.Read(path, func(l *passfile.Line) error {
		if l.Truth == "" {
			excluded = append(excluded, Excluded{l.TaskID, "which solutions are right is not known"})
			return nil
		}
		p, err := problemOf(l, passfile.LabelTruth)
		if err == nil {
			problems = append(problems, p)
		}
		return err
	})
	return problems, excluded, err
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
	return Problem{ID: l.TaskID, Chosen: chosen, Evidence: e, Samples: l.Samples(), Right: right, Drawn: l.Drawn(), MutatedFrom: l.MutatedFrom(),
		Platform: l.Platform, Difficulty: l.Difficulty}, nil
}
