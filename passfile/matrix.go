package passfile

import (
	"errors"
	"fmt"

	"coderm/problem"
	"coderm/rerank"
)

// Label names which labels of a file count.
type Label string

// The labels a file may carry.
const (
	Unlabelled     Label = ""           // none
	LabelTruth     Label = "truth"      // the file's verdict, e.g. by HumanEval+
	LabelTruthBase Label = "truth_base" // by the original benchmark's fewer tests
)

// Right tells for every row whether the solution is right; nil for Unlabelled.
// It is an error when the line has no such label.
func (l *Line) Right(label Label) ([]bool, error) {
	var digits string
	switch label {
	case Unlabelled:
		return nil, nil
	case LabelTruth:
		digits = l.Truth
	case LabelTruthBase:
		digits = l.TruthBase
	}
	if digits == "" {
		return nil, fmt.Errorf("no %q", label)
	}
	if len(digits) != len(l.Matrix) {
		return nil, fmt.Errorf("%q has %d digits for the %d rows of the matrix", label, len(digits), len(l.Matrix))
	}
	right := make([]bool, len(digits))
	for i := range right {
		right[i] = digits[i] == '1'
	}
	return right, nil
}

// Samples gives the row of each sample. Rows are not checked against the matrix.
func (l *Line) Samples() []int {
	if l.SampleOf != nil {
		return l.SampleOf
	}
	var rows []int
	for i := range l.Matrix {
		rows = append(rows, i)
	}
	return rows
}

// Drawn is how many completions were paid for to get the tests, those that gave
// none included.
func (l *Line) Drawn() int {
	tests := len(l.Generations)
	if l.Generations == nil && len(l.Matrix) > 0 {
		tests = len(l.Matrix[0])
	}
	return max(tests, len(l.Generations)+len(l.Dropped))
}

// Evidence is what the line tells selectors: the pass matrix, with the samples as
// weights and the generated tests, how the public tests went, and the outputs on
// calls.
func (l *Line) Evidence() (e rerank.Evidence, err error) {
	if len(l.Matrix) == 0 {
		return e, errors.New(`no "matrix"`)
	}
	e.Matrix = rerank.NewMatrix(len(l.Matrix), len(l.Matrix[0]))
	if err := parseDigits("matrix", l.Matrix, e.Set); err != nil {
		return e, err
	}
	if err := l.group(e.Matrix); err != nil {
		return e, err
	}
	if err := l.weigh(e.Matrix); err != nil {
		return e, err
	}
	if e.Public, err = ParsePublic(l.Public, e.Rows()); err != nil {
		return e, err
	}
	e.Outputs, err = l.outputs()
	return e, err
}

// group sets the generated tests; completions without an assert are none.
func (l *Line) group(m *rerank.Matrix) error {
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
	texts := l.texts(m.Cols())
	m.ByText(func(j int) bool { return texts[j] })
	return nil
}

// texts tells for each column whether the same generated text is the same column,
// as it is of asserts. A column without a test is of the test before it; files that
// do not say what their tests are have asserts.
func (l *Line) texts(cols int) []bool {
	out := make([]bool, cols)
	kind := problem.Assert
	for j := range out {
		if j < len(l.Tests) {
			if k := l.Tests[j].kind(); k != "" {
				kind = k
			}
		}
		out[j] = kind == problem.Assert
	}
	return out
}

// kind is what kind of test begins with the column, if one does and the file says.
func (t *Test) kind() problem.Kind {
	switch {
	case t.Input != nil:
		return problem.Stdio
	case t.Call != nil:
		return problem.Call
	}
	return t.Style
}

// weigh counts the samples of every row.
func (l *Line) weigh(m *rerank.Matrix) error {
	weight := make([]int, m.Rows())
	for k, i := range l.Samples() {
		if i < 0 || i >= len(weight) {
			return fmt.Errorf("sample %d is row %d of %d", k, i, len(weight))
		}
		weight[i]++
	}
	for i, w := range weight {
		m.SetWeight(i, w)
	}
	return nil
}

// ParsePublic reads the digits of public tests, a string for each of the matrix's
// rows; nil digits are of no tests.
func ParsePublic(digits []string, rows int) ([][]rerank.Outcome, error) {
	if digits == nil {
		return nil, nil
	}
	if len(digits) != rows {
		return nil, fmt.Errorf(`"public" has %d rows, the matrix %d`, len(digits), rows)
	}
	outcomes := make([][]rerank.Outcome, rows)
	err := parseDigits("public", digits, func(i, _ int, o rerank.Outcome) { outcomes[i] = append(outcomes[i], o) })
	return outcomes, err
}
