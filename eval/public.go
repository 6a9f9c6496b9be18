package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"coderm/problem"
	"coderm/rerank"
)

// setPublic reads a file's digits of public tests, by row.
func setPublic(m *rerank.Matrix, rows []string) error {
	if rows == nil {
		return nil
	}
	if len(rows) != m.Rows() {
		return fmt.Errorf(`"public" has %d rows, the matrix %d`, len(rows), m.Rows())
	}
	pass := make([][]bool, len(rows))
	for i, digits := range rows {
		if len(digits) != len(rows[0]) {
			return fmt.Errorf(`"public" has %d digits in row %d, %d in row 0`, len(digits), i, len(rows[0]))
		}
		for j := range digits {
			pass[i] = append(pass[i], digits[j] == '1')
		}
	}
	m.SetPublic(pass)
	return nil
}

// HasPublic tells whether any of the problems has public tests.
func HasPublic(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Matrix.Public().Tests > 0 })
}

// AddPublic adds to problems how public tests went in another run on the same
// samples: path is its scores.jsonl. A problem that is not there has none.
func AddPublic(problems []Problem, path string) error {
	index := make(map[string]*Problem, len(problems))
	for i := range problems {
		index[problems[i].ID] = &problems[i]
	}
	found := false
	err := problem.Lines(path, func(line []byte) error {
		var l struct {
			TaskID   string   `json:"task_id"`
			SampleOf []int    `json:"sample_of"`
			Public   []string `json:"public"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		p := index[l.TaskID]
		if p == nil || l.Public == nil {
			return nil
		}
		found = true
		if len(l.SampleOf) != len(p.Samples) {
			return fmt.Errorf("%s: %d samples, the matrix has %d: it is of other solutions", l.TaskID, len(l.SampleOf), len(p.Samples))
		}
		rows := make([]string, p.Matrix.Rows())
		for k, row := range p.Samples {
			if from := l.SampleOf[k]; from < 0 || from >= len(l.Public) {
				return fmt.Errorf("%s: sample %d is row %d of %d", l.TaskID, k, from, len(l.Public))
			}
			rows[row] = l.Public[l.SampleOf[k]]
		}
		return setPublic(p.Matrix, rows)
	})
	if err == nil && !found {
		err = errors.New(path + ": no public tests of these problems in it; 'coderm exec' without --tests writes such a file")
	}
	return err
}
