package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	outcomes := make([][]rerank.Outcome, len(rows))
	err := readDigits("public", rows, func(i, _ int, o rerank.Outcome) { outcomes[i] = append(outcomes[i], o) })
	if err != nil {
		return err
	}
	m.SetPublic(outcomes)
	return nil
}

// WithPublic are the names of selectors, and before them the default one if any
// of the problems has the public tests it goes by.
func WithPublic(names []string, problems []Problem) []string {
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Matrix.Public().Tests > 0 }) {
		return names
	}
	return append([]string{rerank.Default}, names...)
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
		var l publicLine
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		p := index[l.TaskID]
		if p == nil || l.Public == nil {
			return nil
		}
		found = true
		rows, err := l.rowsFor(p)
		if err == nil {
			err = setPublic(p.Matrix, rows)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", l.TaskID, err)
		}
		return nil
	})
	if err == nil && !found {
		err = errors.New(path + ": no public tests of these problems in it; 'coderm exec' without --tests writes such a file")
	}
	return err
}

// publicLine is what AddPublic reads of a scores.jsonl.
type publicLine struct {
	TaskID   string   `json:"task_id"`
	SampleOf []int    `json:"sample_of"`
	Public   []string `json:"public"`
}

// rowsFor gives the digits by row of p, by way of the samples.
func (l *publicLine) rowsFor(p *Problem) ([]string, error) {
	if l.SampleOf == nil {
		for i := range l.Public {
			l.SampleOf = append(l.SampleOf, i)
		}
	}
	if len(l.SampleOf) != len(p.Samples) {
		return nil, fmt.Errorf("%d samples, the matrix has %d: they are other solutions", len(l.SampleOf), len(p.Samples))
	}
	rows := make([]string, p.Matrix.Rows())
	set := make([]bool, len(rows))
	for k, row := range p.Samples {
		from := l.SampleOf[k]
		if from < 0 || from >= len(l.Public) {
			return nil, fmt.Errorf("sample %d is row %d of %d", k, from, len(l.Public))
		}
		if set[row] && rows[row] != l.Public[from] {
			return nil, fmt.Errorf("sample %d equals others in the matrix, and not in its public tests: they are other solutions", k)
		}
		rows[row], set[row] = l.Public[from], true
	}
	for row, ok := range set { // nobody's row
		if !ok && len(l.Public) > 0 {
			rows[row] = strings.Repeat("9", len(l.Public[0]))
		}
	}
	return rows, nil
}
