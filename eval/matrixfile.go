package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"coderm/problem"
	"coderm/rerank"
)

// matrixLine is one problem of a pass matrix file. Matrix has a digit a column,
// see rerank.ParseDigit; in truth only 1 is right.
type matrixLine struct {
	TaskID      string   `json:"task_id"`
	SampleOf    []int    `json:"sample_of"`
	Generations [][]int  `json:"generations"`
	Truth       *string  `json:"truth"`
	TruthBase   *string  `json:"truth_base"`
	Matrix      []string `json:"matrix"`
	// Tests describe the columns where a run wrote the file. Without them
	// columns are texts, as in files of asserts.
	Tests []json.RawMessage `json:"tests"`
	// Public has a digit for each public test, by row: 1 pass.
	Public []string `json:"public"`
	// Dropped are a run's completions that gave no test; in other files they are
	// empty generations.
	Dropped []json.RawMessage `json:"dropped"`
}

// byText tells whether the same generated text is the same column.
func (l *matrixLine) byText() bool {
	for _, raw := range l.Tests {
		var t struct{ Style problem.Style }
		if json.Unmarshal(raw, &t) == nil && t.Style != "" {
			return t.Style == problem.StyleAssert
		}
	}
	return true
}

// Label names which labels of a matrix file count.
type Label string

// The labels a matrix file may carry.
const (
	Unlabelled     Label = ""           // none: the problems' Right stays nil
	LabelTruth     Label = "truth"      // the file's verdict, e.g. by HumanEval+
	LabelTruthBase Label = "truth_base" // by the original benchmark's fewer tests
)

// ReadMatrices reads a pass matrix file.
func ReadMatrices(path string, label Label) ([]Problem, error) {
	var out []Problem
	seen := map[string]bool{}
	err := problem.Lines(path, func(line []byte) error {
		var l matrixLine
		if err := json.Unmarshal(line, &l); err != nil {
			return err
		}
		if seen[l.TaskID] {
			return fmt.Errorf("task_id %q is there twice", l.TaskID)
		}
		seen[l.TaskID] = true
		p, err := l.problem(label)
		if err != nil {
			return fmt.Errorf("%s: %w", l.TaskID, err)
		}
		out = append(out, p)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: no problems in it", path)
	}
	return out, err
}

func (l *matrixLine) problem(label Label) (Problem, error) {
	if l.TaskID == "" {
		return Problem{}, errors.New(`no "task_id"`)
	}
	if len(l.Matrix) == 0 {
		return Problem{}, errors.New(`no "matrix"`)
	}
	right, err := l.labels(label)
	if err != nil {
		return Problem{}, err
	}
	m := rerank.NewMatrix(len(l.Matrix), len(l.Matrix[0]))
	if err := readDigits("matrix", l.Matrix, m.Set); err != nil {
		return Problem{}, err
	}
	if err := l.group(m); err != nil {
		return Problem{}, err
	}
	samples, err := l.weigh(m)
	if err != nil {
		return Problem{}, err
	}
	if err := setPublic(m, l.Public); err != nil {
		return Problem{}, err
	}
	drawn := max(m.Tests(), len(l.Generations)+len(l.Dropped))
	return Problem{ID: l.TaskID, Matrix: m, Samples: samples, Right: right, Drawn: drawn}, nil
}

// readDigits calls set for every digit of the rows, which are equally long.
func readDigits(name string, rows []string, set func(i, j int, o rerank.Outcome)) error {
	for i, row := range rows {
		if len(row) != len(rows[0]) {
			return fmt.Errorf("%s row %d has %d digits, row 0 has %d", name, i, len(row), len(rows[0]))
		}
		for j := range row {
			o, ok := rerank.ParseDigit(row[j])
			if !ok {
				return fmt.Errorf("%s row %d has %q; use 0 to 4, or 9 for a pair not run", name, i, row[j])
			}
			set(i, j, o)
		}
	}
	return nil
}

func (l *matrixLine) labels(label Label) ([]bool, error) {
	var digits *string
	switch label {
	case Unlabelled:
		return nil, nil
	case LabelTruth:
		digits = l.Truth
	case LabelTruthBase:
		digits = l.TruthBase
	}
	if digits == nil {
		return nil, fmt.Errorf("no %q", label)
	}
	if len(*digits) != len(l.Matrix) {
		return nil, fmt.Errorf("%q has %d digits for the %d rows of the matrix", label, len(*digits), len(l.Matrix))
	}
	right := make([]bool, len(*digits))
	for i := range right {
		right[i] = (*digits)[i] == '1'
	}
	return right, nil
}

// group sets the generated tests; those without an assert are no tests.
func (l *matrixLine) group(m *rerank.Matrix) error {
	if l.Generations == nil {
		return nil
	}
	groups := make([][]int, 0, len(l.Generations))
	for k, g := range l.Generations {
		for _, j := range g {
			if j < 0 || j >= m.Cols() {
				return fmt.Errorf("generation %d names test %d of %d", k, j, m.Cols())
			}
		}
		if len(g) > 0 {
			groups = append(groups, g)
		}
	}
	m.Group(groups)
	if l.byText() {
		m.ByText()
	}
	return nil
}

// weigh counts the samples of every row; without sample_of each row is one.
func (l *matrixLine) weigh(m *rerank.Matrix) ([]int, error) {
	samples := l.SampleOf
	if samples == nil {
		for i := range m.Rows() {
			samples = append(samples, i)
		}
	}
	weight := make([]int, m.Rows())
	for k, i := range samples {
		if i < 0 || i >= len(weight) {
			return nil, fmt.Errorf("sample %d is row %d of %d", k, i, len(weight))
		}
		weight[i]++
	}
	for i, w := range weight {
		m.SetWeight(i, w)
	}
	return samples, nil
}

// WriteLabelled copies the lines of a pass matrix file that have a labelled
// problem, with the problem's truth as their "truth" and all other fields as
// they were.
func WriteLabelled(w io.Writer, from string, labelled []Problem) error {
	right := map[string][]bool{}
	for _, p := range labelled {
		right[p.ID] = p.Right
	}
	return problem.Lines(from, func(line []byte) error {
		var fields map[string]json.RawMessage
		var id string
		if err := json.Unmarshal(line, &fields); err != nil {
			return err
		}
		if err := json.Unmarshal(fields["task_id"], &id); err != nil {
			return fmt.Errorf(`"task_id": %w`, err)
		}
		labels, ok := right[id]
		if !ok {
			return nil
		}
		digits := make([]byte, len(labels))
		for i, r := range labels {
			digits[i] = '0'
			if r {
				digits[i] = '1'
			}
		}
		fields["truth"] = json.RawMessage(`"` + string(digits) + `"`)
		return problem.WriteLine(w, fields)
	})
}
