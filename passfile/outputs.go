package passfile

import (
	"fmt"
	"strings"

	"coderm/rerank"
)

// kindLetters are how the kinds of results are written, in the order of
// rerank.Kind from Returned: V returned a value, E raised an exception, T ran out
// of a limit, L does not load.
const kindLetters = "VETL"

// outputs reads what solutions returned on calls; nil where the line has nothing
// of it.
func (l *Line) outputs() (*rerank.Outputs, error) {
	if l.Outputs == nil || l.Kinds == nil {
		return nil, nil
	}
	if len(l.Outputs) != len(l.Matrix) {
		return nil, fmt.Errorf(`"outputs" has %d rows, the matrix %d`, len(l.Outputs), len(l.Matrix))
	}
	kinds := make([][]rerank.Kind, len(l.Kinds))
	for c, letters := range l.Kinds {
		for _, letter := range letters {
			k := strings.IndexRune(kindLetters, letter)
			if k < 0 {
				return nil, fmt.Errorf(`"kinds" of call %d has %q; use the letters %s`, c, letter, kindLetters)
			}
			kinds[c] = append(kinds[c], rerank.Returned+rerank.Kind(k))
		}
	}
	out, err := rerank.NewOutputs(l.Outputs, kinds)
	if err != nil {
		return nil, fmt.Errorf(`"outputs": %w`, err)
	}
	return out, nil
}
