package eval

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"coderm/passfile"
	"coderm/rerank"
)

// Compared are the selectors worth showing side by side on some problems.
func Compared(problems []Problem) []rerank.Selector {
	return withPublic(telling(problems, rerank.Vote, rerank.Auto, rerank.Majority, rerank.Reference, rerank.CodeT, rerank.Bayes, rerank.Public), problems)
}

// telling are the rules at their own granularity, but for those that only repeat
// others on these problems: where nothing was observed, or there are no public
// tests.
func telling(problems []Problem, rules ...rerank.Rule) (out []rerank.Selector) {
	observed, public := hasOutputs(problems), hasPublic(problems)
	for _, rule := range rules {
		if (observed || !rule.ByOutputs()) && (public || rule != rerank.Public) {
			out = append(out, rerank.Selector{Rule: rule})
		}
	}
	return out
}

// withPublic are the selectors, and before them the default one, by the name of
// what it is on these problems, if any of them has the public tests it goes by.
func withPublic(selectors []rerank.Selector, problems []Problem) []rerank.Selector {
	if !hasPublic(problems) {
		return selectors
	}
	first := []rerank.Selector{{Rule: rerank.Auto, Public: true}}
	if hasOutputs(problems) {
		first = append([]rerank.Selector{rerank.Default}, first...)
	}
	return append(first, selectors...)
}

func hasPublic(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.PublicTests() > 0 })
}

func hasOutputs(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Outputs.Calls() > 0 })
}

// AddPublic adds to problems how public tests went in another run on the same
// samples: path is its scores.jsonl. A problem that is not there has none.
func AddPublic(problems []Problem, path string) error {
	index := make(map[string]*Problem, len(problems))
	for i := range problems {
		index[problems[i].ID] = &problems[i]
	}
	found := false
	err := passfile.Read(path, func(l *passfile.Line) error {
		p := index[l.TaskID]
		if p == nil || l.Public == nil {
			return nil
		}
		found = true
		rows, err := publicRows(l, p)
		if err != nil {
			return err
		}
		p.Public, err = passfile.ParsePublic(rows, p.Rows())
		return err
	})
	if err == nil && !found {
		err = errors.New(path + ": no public tests of these problems in it; 'coderm exec' without --tests writes such a file")
	}
	return err
}

// publicRows gives a line's digits of public tests by row of p, by way of the
// samples.
func publicRows(l *passfile.Line, p *Problem) ([]string, error) {
	samples := l.SampleOf
	if samples == nil {
		for i := range l.Public {
			samples = append(samples, i)
		}
	}
	if len(samples) != len(p.Samples) {
		return nil, fmt.Errorf("%d samples, the matrix has %d: they are other solutions", len(samples), len(p.Samples))
	}
	rows := make([]string, p.Matrix.Rows())
	set := make([]bool, len(rows))
	for k, row := range p.Samples {
		from := samples[k]
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
